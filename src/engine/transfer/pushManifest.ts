import { readBlob } from '../archive/readBlob.ts';
import { bringHere } from '../archive/remoteBlob.ts';
import { isEngineError } from '../base/errors.ts';
import { manifestLimit } from '../oci/manifest.ts';
import type { RegistryCall } from '../sources/registry/registryAccess.ts';
import type { RegistryClient } from '../sources/registry/registryClient.ts';
import type { PlannedBlob } from './imagePlan.ts';
import type { TransferLog } from './transferLog.ts';

interface PushedManifest {
  readonly client: RegistryClient;
  readonly path: string;
  readonly manifest: PlannedBlob;
  readonly log: TransferLog;
  /** Given to the manifest that the image is; without it, the manifest is put under its digest. */
  readonly tag?: string;
}

/** Puts a manifest whose blobs are there, unless the repository has it (under that tag). @throws EngineError as the client. */
export async function pushManifest(
  { client, path, manifest, log, tag }: PushedManifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { digest, mediaType } = manifest.descriptor;
  const call = signal && { signal };
  try {
    if (await hasManifest(client, path, tag ?? digest, digest, call)) {
      log.alreadyHere(manifest);
      return;
    }
    await client.putManifest(path, tag ?? digest, { bytes: await bytesOf(manifest), mediaType }, call);
    log.moved(manifest);
  } catch (error) {
    log.failed(manifest, error);
    throw error;
  }
}

async function hasManifest(
  client: RegistryClient,
  path: string,
  reference: string,
  digest: string,
  call: RegistryCall | undefined,
): Promise<boolean> {
  try {
    return (await client.headManifest(path, reference, call)).digest === digest;
  } catch (error) {
    if (isEngineError(error, 'cancelled') || isEngineError(error, 'unreachable')) throw error;
    // Whatever else it says to the question, it is asked to take the manifest.
    return false;
  }
}

async function bytesOf({ from, descriptor }: PlannedBlob): Promise<Uint8Array> {
  return from instanceof Uint8Array
    ? from
    : readBlob(await bringHere(from), manifestLimit, descriptor.digest);
}
