import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import { type Digest, hasDigest } from '../../oci/digest.ts';
import { normalizePlatform, type Platform } from '../../oci/platform.ts';
import type { ConnectionOptions } from '../../sources/dockerEngine/engineAgents.ts';
import { type EngineEndpoint, formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { ProtobufMessage } from '../../sources/grpc/protobufMessage.ts';
import { contentBytes, contentSize } from '../../sources/contentStore/contentCalls.ts';
import { GrpcClient } from '../../sources/grpc/grpcClient.ts';
import { type BuildHistoryRecord, toHistoryRecord } from './historyMessages.ts';
import { type ImageConfigRequest, type ResolvedConfig, resolveImageConfig } from './imageConfigs.ts';
import { type SolveStatus, toSolveStatus } from './solveStatus.ts';
import { toListedRecord } from './usageMessages.ts';

export interface BuildkitVersions {
  /** `v0.33.0` */
  readonly buildkit: string;
  /** Of the Dockerfile frontend inside: `1.27.0`. Undefined below 0.24, which do not tell. */
  readonly frontend?: string;
}

export interface BuildkitWorker {
  readonly id: string;
  readonly platform?: Platform;
}

export interface HistoryQuery {
  /** One build. */
  readonly ref?: string;
  /** The newest so many; builders that know no limit tell all. */
  readonly limit?: number;
}

/**
 * BuildKit's own API, in front of an engine's BuildKit or of one that stands alone (build-cache.md §4.1). Nothing here
 * changes anything over there.
 *
 * Calls throw EngineErrors as {@link GrpcClient} does; `unsupported` where this BuildKit is too old.
 */
export class BuildkitControl implements Disposable {
  readonly endpoint: EngineEndpoint;
  readonly #grpc: GrpcClient;

  constructor(endpoint: EngineEndpoint, options?: ConnectionOptions) {
    this.endpoint = endpoint;
    this.#grpc = new GrpcClient(endpoint, options);
  }

  /** Undefined of one that is too old to say: below 0.11, inside Docker Engine 20.10 to 23. */
  async versions(signal?: AbortSignal): Promise<BuildkitVersions | undefined> {
    try {
      const answer = await this.#grpc.unary(`${control}/Info`, {}, { signal });
      const version = answer.message(1);
      if (version === undefined) return undefined;
      const frontend = version.text(4);
      return { buildkit: version.text(2), ...(frontend !== '' && { frontend }) };
    } catch (error) {
      if (isEngineError(error, 'unsupported') && (await this.#isBuildkit(signal))) return undefined;
      throw error;
    }
  }

  /** Who does the work, the usual one first: in an engine the engine itself. IDs are stable, the platform is its own. */
  async workers(signal?: AbortSignal): Promise<readonly BuildkitWorker[]> {
    const answer = await this.#grpc.unary(`${control}/ListWorkers`, {}, { signal });
    return answer.messages(1).map((worker) => {
      const [own] = worker.messages(3);
      return { id: worker.text(1), ...(own && { platform: toPlatform(own) }) };
    });
  }

  /** Builds that are kept, newest first. Empty of one that keeps none, below 0.11. */
  async history({ ref, limit }: HistoryQuery, signal?: AbortSignal): Promise<readonly BuildHistoryRecord[]> {
    const request = { 2: ref, 3: true, 5: limit };
    const records = new Map<string, BuildHistoryRecord>();
    try {
      for await (const event of this.#grpc.stream(`${control}/ListenBuildHistory`, request, { signal })) {
        const message = event.message(2);
        // A deleted one comes as an event too; of one that is still told of, its latest form counts.
        if (message === undefined || event.integer(1) === deleted) continue;
        const record = toHistoryRecord(message);
        if (records.size < maxRecords || records.has(record.ref)) records.set(record.ref, record);
      }
    } catch (error) {
      if (!isEngineError(error, 'unsupported')) throw error;
    }
    return [...records.values()]
      .sort((one, other) => (other.createdAt ?? 0) - (one.createdAt ?? 0))
      .slice(0, limit);
  }

  /** The events of a build: of one that has ended, all of them. */
  async *status(ref: string, signal?: AbortSignal): AsyncGenerator<SolveStatus> {
    for await (const message of this.#grpc.stream(`${control}/Status`, { 1: ref }, { signal }))
      yield toSolveStatus(message);
  }

  /** Everything that is in the cache. */
  async diskUsage(signal?: AbortSignal): Promise<readonly ListedRecord[]> {
    const options = { signal, idleMs: addingUpMs };
    return (await this.#grpc.unary(`${control}/DiskUsage`, {}, options)).messages(1).map(toListedRecord);
  }

  /**
   * A blob of the content store: in an engine with the containerd store of any local image, elsewhere of builds.
   *
   * @param limit in bytes; more is not read.
   * @throws EngineError `not-found`, `digest-mismatch`, `limit-exceeded`, `unsupported` (Docker Engine 20.10).
   */
  async readContent(digest: Digest, limit: number, signal?: AbortSignal): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of contentBytes(this.#grpc, digest, 0, signal)) {
      length += piece.length;
      if (length > limit) throw new EngineError('limit-exceeded', digest, `it is longer than ${limit} bytes`);
      pieces.push(piece);
    }
    const bytes = Buffer.concat(pieces, length);
    if (!hasDigest(bytes, digest))
      throw new EngineError('digest-mismatch', digest, `${formatEndpoint(this.endpoint)} gave other bytes`);
    return bytes;
  }

  /** Bytes of such a blob; undefined when it is not there. @throws EngineError `unsupported` (Docker Engine 20.10). */
  contentSize(digest: Digest, signal?: AbortSignal): Promise<number | undefined> {
    return contentSize(this.#grpc, digest, signal);
  }

  /**
   * What it would take for an image's name now, and its config. It may ask a registry: of images that are there `local`
   * asks none.
   *
   * @throws EngineError `not-found`, `refused`.
   */
  imageConfig(request: ImageConfigRequest, signal?: AbortSignal): Promise<ResolvedConfig> {
    return resolveImageConfig(this.#grpc, request, signal);
  }

  [Symbol.dispose](): void {
    this.#grpc[Symbol.dispose]();
  }

  /** Whether it knows a call that all have: else there is no BuildKit. */
  async #isBuildkit(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.workers(signal);
      return true;
    } catch (error) {
      if (isEngineError(error, 'unsupported')) return false;
      throw error;
    }
  }
}

function toPlatform(message: ProtobufMessage): Platform {
  const variant = message.text(3);
  return normalizePlatform({
    architecture: message.text(1),
    os: message.text(2),
    ...(variant !== '' && { variant }),
  });
}

const control = 'moby.buildkit.v1.Control';

/** `BuildHistoryEventType.DELETED` */
const deleted = 2;
/** Builders keep 50 builds, or those of two days. */
const maxRecords = 5000;
/** Sizes that are not known yet are added up first. */
const addingUpMs = 10 * 60_000;
