import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError, isEngineError, toEngineError } from '../../base/errors.ts';
import { InFlight } from '../../base/inFlight.ts';
import type { CallOptions, OnProgress } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BlobCache } from '../blobCache.ts';
import type { FetchWork } from '../fetchWork.ts';
import { identityOf, waitOf } from './fetchBlob.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { PreparedDownload, RegistryClient } from './registryClient.ts';

/** A blob of a repository. */
export interface RepositoryBlob {
  readonly client: RegistryClient;
  readonly path: string;
  readonly digest: Digest;
  /** Bytes, where a manifest claims them. */
  readonly size?: number | undefined;
}

export interface BlobFetcherOptions {
  readonly cache: BlobCache;
  readonly work: FetchWork;
  /** Looks where a blob may be on this machine already, beside the cache: in the store. */
  readonly findHere?: (digest: Digest, size: number | undefined) => Promise<BlobLocation | undefined>;
  /** Before a broken transfer is gone on with the first time; doubled each time after, up to half a minute. */
  readonly firstWaitMs?: number;
}

/**
 * Brings blobs of registries to files here. The work is done by worker threads; this side signs in, and begins again what
 * broke: from where it broke, as long as some attempt brings something.
 */
export class BlobFetcher {
  readonly cache: BlobCache;
  readonly #options: BlobFetcherOptions;
  readonly #inFlight = new InFlight<BlobLocation>();
  /** Registries that answered a range with everything. */
  readonly #withoutRanges = new Set<string>();

  constructor(options: BlobFetcherOptions) {
    this.cache = options.cache;
    this.#options = options;
  }

  /** The blob where it is here already; no request is made. */
  async find(digest: Digest, size: number | undefined): Promise<BlobLocation | undefined> {
    return (
      (await this.#options.findHere?.(digest, size)) ?? (await this.cache.whole(identityOf(digest), size))
    );
  }

  /** See `RemoteBlob.fetch`. */
  async fetch(blob: RepositoryBlob, options?: CallOptions): Promise<BlobLocation> {
    const known = await this.find(blob.digest, blob.size);
    if (known !== undefined) {
      options?.onProgress?.({ subject: blob.digest, done: known.size, total: known.size });
      return known;
    }
    return this.#inFlight.run(nameOf(blob), (shared) => this.#bring(blob, shared), options);
  }

  /** See `RemoteBlob.fetchRange`. */
  async fetchRange(
    blob: RepositoryBlob & { readonly size: number },
    range: ByteRange,
    options: CallOptions = {},
  ): Promise<BlobLocation> {
    const known = await this.find(blob.digest, blob.size);
    if (known !== undefined) return known;
    const ranges = this.cache.ranges(identityOf(blob.digest), blob.size);
    for (const missing of await ranges.missing(range)) await this.#bringRange(blob, missing, options);
    const present = await ranges.locate(range);
    if (present !== undefined) return present;
    throw new EngineError('io', blob.digest, 'what was fetched is no longer there');
  }

  async #bring(
    blob: RepositoryBlob,
    options: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
  ): Promise<BlobLocation> {
    const { digest, size } = blob;
    return this.#patiently(blob, options, (download, listening) =>
      this.#options.work.run('fetchBlob', { download, digest, size }, listening),
    );
  }

  async #bringRange(
    blob: RepositoryBlob & { readonly size: number },
    range: ByteRange,
    options: CallOptions,
  ): Promise<void> {
    const { client, digest, size } = blob;
    if (this.#withoutRanges.has(client.domain)) throw noRanges(client.domain);
    try {
      await this.#patiently(blob, options, (download, listening) =>
        this.#options.work.run('fetchRange', { download, digest, size, range }, listening),
      );
    } catch (error) {
      if (isEngineError(error, 'unsupported')) this.#withoutRanges.add(client.domain);
      throw error;
    }
  }

  /** Tries again what may pass. An attempt that brought something makes up for those that failed. */
  async #patiently(
    { client, path, digest }: RepositoryBlob,
    options: CallOptions,
    attempt: (download: PreparedDownload, options: CallOptions) => Promise<BlobLocation>,
  ): Promise<BlobLocation> {
    const failures = new Failures(this.#options.firstWaitMs);
    for (;;) {
      let reached: number | undefined;
      const onProgress: OnProgress = (report) => {
        if (report.wait === undefined && reached !== undefined && report.done > reached) failures.forgive();
        if (report.wait === undefined) reached ??= report.done;
        options.onProgress?.(report);
      };
      try {
        const call = callOf(client.domain, digest, { ...options, onProgress });
        return await attempt(await client.prepareDownload(path, digest, undefined, call), {
          ...options,
          onProgress,
        });
      } catch (error) {
        const seconds = failures.secondsBeforeNext(toEngineError(error, digest), reached !== undefined);
        if (seconds > 0)
          onProgress({
            subject: digest,
            done: 0,
            wait: { reason: 'unavailable', host: client.domain, seconds },
          });
        await sleep(seconds * 1000, undefined, options.signal && { signal: options.signal }).catch(() => {
          throw new EngineError('cancelled', digest, 'cancelled');
        });
      }
    }
  }
}

/** What failed since something last arrived. */
class Failures {
  readonly #firstWaitMs: number;
  #broken = 0;
  #refused = 0;

  constructor(firstWaitMs = 1000) {
    this.#firstWaitMs = firstWaitMs;
  }

  forgive(): void {
    this.#broken = 0;
    this.#refused = 0;
  }

  /**
   * @param hasBegun whether the blob began to flow; what broke before, the client has tried again already.
   * @throws the error itself when there is no point in going on.
   */
  secondsBeforeNext(error: EngineError, hasBegun: boolean): number {
    // The token has run out while other blobs were fetched: the next attempt gets a new one.
    if (error.code === 'unauthorized' && this.#refused++ === 0) return 0;
    const isPassing = hasBegun && (error.code === 'unreachable' || error.code === 'truncated');
    if (!isPassing || ++this.#broken > maxBroken) throw error;
    return Math.min((this.#firstWaitMs / 1000) * 2 ** (this.#broken - 1), 30);
  }
}

/** Attempts in a row that bring nothing. */
const maxBroken = 5;

function callOf(host: string, subject: string, { signal, onProgress }: CallOptions): RegistryCall {
  return {
    ...(signal && { signal }),
    onNotice: (notice) => {
      const wait = waitOf(notice, host);
      if (wait !== undefined) onProgress?.({ subject, done: 0, wait });
    },
  };
}

function nameOf({ client, path, digest }: RepositoryBlob): string {
  return `${client.domain}/${path}@${digest}`;
}

function noRanges(domain: string): EngineError {
  return new EngineError('unsupported', domain, 'the registry does not give ranges of blobs');
}
