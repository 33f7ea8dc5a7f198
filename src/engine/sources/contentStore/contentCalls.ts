import { isEngineError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { GrpcClient } from '../grpc/grpcClient.ts';

const service = 'containerd.services.content.v1.Content';

/**
 * Bytes of a blob in the content store behind a connection; undefined when it is not there.
 *
 * @throws EngineError as {@link GrpcClient} does: `unsupported` of Docker Engine 20.10.
 */
export async function contentSize(
  grpc: GrpcClient,
  digest: Digest,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const answer = await grpc.unary(`${service}/Info`, { 1: digest }, { signal });
    return answer.message(1)?.integer(2);
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

/** The bytes of a blob, unchecked. @param from the first that is wanted. @throws EngineError `not-found`, and as above. */
export async function* contentBytes(
  grpc: GrpcClient,
  digest: Digest,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const request = { 1: digest, 2: from };
  for await (const message of grpc.stream(`${service}/Read`, request, { signal })) yield message.bytes(2);
}
