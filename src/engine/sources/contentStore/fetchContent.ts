import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { JobContext } from '../../base/jobServer.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BlobCache } from '../blobCache.ts';
import type { EngineEndpoint } from '../dockerEngine/endpoint.ts';
import { type BlobStream, fillBlob } from '../fillBlob.ts';
import { GrpcClient } from '../grpc/grpcClient.ts';
import { identityOf } from '../registry/fetchBlob.ts';
import { contentBytes } from './contentCalls.ts';

/** A blob of a content store, to be brought into the cache by a worker. */
export interface FetchContentRequest {
  readonly endpoint: EngineEndpoint;
  readonly digest: Digest;
  /** Bytes, as the store says. */
  readonly size: number;
}

/**
 * Brings a blob, hashed as it comes, going on from what an earlier attempt left. It is visible only when it is whole and
 * right.
 *
 * @throws EngineError `not-found` when it is no longer there; as {@link GrpcClient} and `fillBlob`.
 */
export async function fetchContent(
  cache: BlobCache,
  { endpoint, digest, size }: FetchContentRequest,
  { signal, onProgress }: JobContext,
): Promise<BlobLocation> {
  using grpc = new GrpcClient(endpoint);
  const open = (from: number): Promise<BlobStream> =>
    Promise.resolve({ from, bytes: contentBytes(grpc, digest, from, signal) });
  const call = { signal, onProgress };
  return (await fillBlob(cache, identityOf(digest), { digest, size }, open, call)).location;
}
