import { EngineError } from '../../base/errors.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { BlobStream, PreparedDownload } from './registryClient.ts';

/** Makes a request that a client has prepared, in a worker. (Until the client is here, it refuses.) */
export function openDownload(download: PreparedDownload, _call?: RegistryCall): Promise<BlobStream> {
  return Promise.reject(new EngineError('unsupported', download.subject, 'the client is not here yet'));
}
