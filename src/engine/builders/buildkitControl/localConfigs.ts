import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { Platform } from '../../oci/platform.ts';
import { encodeProtobuf } from '../../sources/grpc/encodeProtobuf.ts';
import type { GrpcClient } from '../../sources/grpc/grpcClient.ts';

/** A job is there a moment after it was asked for. */
const openingMs = 5000;

/**
 * The config of an image as its bytes are: an engine's API tells no member that it does not know, and of an engine without
 * content store its archive would bring all layers. So BuildKit is asked as one of its frontends asks, in a job that does
 * nothing else. The job is not kept in the history, and ends by being cancelled: `Return`, which would end it too, takes
 * the whole engine down when it brings nothing (20.10 and 29).
 *
 * @param name of an image that is there: of another one the builder would ask a registry.
 * @throws EngineError `not-found`, and as {@link GrpcClient} does.
 */
export async function readLocalConfig(
  grpc: GrpcClient,
  name: string,
  platform: Platform,
  signal?: AbortSignal,
): Promise<string> {
  const job = `lamina-${randomBytes(12).toString('hex')}`;
  const end = new AbortController();
  const ended = grpc.unary(
    `moby.buildkit.v1.Control/Solve`,
    { 1: job, 5: job, 11: true },
    { signal: end.signal },
  );
  const failure = ended.then(
    () => new EngineError('refused', name, 'BuildKit ended the job'),
    (error: unknown) => error,
  );
  try {
    const either = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
    const asked = resolveConfig(grpc, job, name, platform, either);
    const first = await Promise.race([asked, failure]);
    if (typeof first !== 'string') throw first;
    return first;
  } finally {
    end.abort();
    await failure;
  }
}

async function resolveConfig(
  grpc: GrpcClient,
  job: string,
  name: string,
  { os, architecture, variant }: Platform,
  signal: AbortSignal,
): Promise<string> {
  const request = { 1: name, 2: encodeProtobuf({ 1: architecture, 2: os, 3: variant }), 3: 'local' };
  const metadata = { 'buildkit-controlapi-buildid': job };
  for (const start = performance.now(); ;) {
    try {
      const answer = await grpc.unary('moby.buildkit.v1.frontend.LLBBridge/ResolveImageConfig', request, {
        signal,
        metadata,
      });
      return answer.text(2);
    } catch (error) {
      const isEarly = isEngineError(error) && error.detail.includes('no such job');
      if (!isEarly || performance.now() - start > openingMs) throw error;
      await sleep(10);
    }
  }
}
