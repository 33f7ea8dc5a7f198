import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, isEngineError } from '../../base/errors.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import { encodeProtobuf } from '../../sources/grpc/encodeProtobuf.ts';
import type { GrpcClient } from '../../sources/grpc/grpcClient.ts';

export interface ImageConfigRequest {
  /** A full name with its tag. */
  readonly name: string;
  readonly platform: Platform;
  /**
   * Where a builder looks that has images of its own: `local`, there first; `pull`, at the registry alone. One that stands
   * alone asks the registry, and what it has when that does not answer, with `default`.
   */
  readonly mode: 'local' | 'default' | 'pull';
}

export interface ResolvedConfig {
  /** What the name stands for at the registry: a manifest or an index. Undefined of an image of a classic store. */
  readonly digest?: Digest;
  /** Of the platform, JSON as its bytes are. */
  readonly config: string;
}

/** A job is there a moment after it was asked for. */
const openingMs = 5000;

/**
 * What BuildKit would take for a name now, asked as one of its frontends asks, in a job that does nothing else. The job is
 * not kept in the history, and ends by being cancelled: `Return`, which would end it too, takes the whole engine down when
 * it brings nothing (20.10 and 29).
 *
 * @throws EngineError `refused` (in its words what the registry said), `not-found`, and as {@link GrpcClient} does.
 */
export async function resolveImageConfig(
  grpc: GrpcClient,
  request: ImageConfigRequest,
  signal?: AbortSignal,
): Promise<ResolvedConfig> {
  const job = `lamina-${randomBytes(12).toString('hex')}`;
  const end = new AbortController();
  const solve = { 1: job, 5: job, 11: true };
  const ended = grpc.unary(`moby.buildkit.v1.Control/Solve`, solve, { signal: end.signal });
  const failure = ended.then(
    () => new EngineError('refused', request.name, 'BuildKit ended the job'),
    (error: unknown) => error,
  );
  try {
    const either = signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]);
    const first = await Promise.race([ask(grpc, job, request, either), failure]);
    if (!isResolved(first)) throw first;
    return first;
  } finally {
    end.abort();
    await failure;
  }
}

async function ask(
  grpc: GrpcClient,
  job: string,
  { name, platform: { os, architecture, variant }, mode }: ImageConfigRequest,
  signal: AbortSignal,
): Promise<ResolvedConfig> {
  const request = { 1: name, 2: encodeProtobuf({ 1: architecture, 2: os, 3: variant }), 3: mode };
  const metadata = { 'buildkit-controlapi-buildid': job };
  for (const start = performance.now(); ;) {
    try {
      const answer = await grpc.unary('moby.buildkit.v1.frontend.LLBBridge/ResolveImageConfig', request, {
        signal,
        metadata,
      });
      const digest = answer.text(1);
      return { ...(isDigest(digest) && { digest }), config: answer.text(2) };
    } catch (error) {
      const isEarly = isEngineError(error) && error.detail.includes('no such job');
      if (!isEarly || performance.now() - start > openingMs) throw error;
      await sleep(10);
    }
  }
}

function isResolved(value: unknown): value is ResolvedConfig {
  return typeof value === 'object' && value !== null && 'config' in value;
}
