import type { BlobLocation } from '../../src/engine/archive/blobLocation.ts';
import type { RemoteBlob } from '../../src/engine/archive/remoteBlob.ts';
import type { ByteRange } from '../../src/engine/base/byteRange.ts';
import { EngineError } from '../../src/engine/base/errors.ts';
import { InFlight } from '../../src/engine/base/inFlight.ts';
import type { CallOptions } from '../../src/engine/base/progress.ts';
import { digestOf } from '../../src/engine/oci/digest.ts';
import type { BlobCache } from '../../src/engine/sources/blobCache.ts';
import { fillBlob } from '../../src/engine/sources/fillBlob.ts';
import { arriving } from './fetchedBlobs.ts';

export interface FarBlobOptions {
  /** Default: `blob DIGEST`. */
  readonly identity?: string;
  /** Whether the place gives ranges: not at all, or only after it was asked. Default `yes`. */
  readonly ranges?: 'yes' | 'no' | 'ignored';
}

/** A blob at a place beyond a wire that counts. */
export class FarBlob implements RemoteBlob {
  readonly identity: string;
  readonly size: number;
  readonly fetchRange?: (range: ByteRange, options?: CallOptions) => Promise<BlobLocation>;
  /** Of whole blobs that were asked for over the wire. */
  fetches = 0;
  /** Ranges that went over the wire. */
  readonly ranges: ByteRange[] = [];
  /** Bytes that did. */
  movedBytes = 0;
  /** Fails the next transfers. */
  failure: Error | undefined;
  /** What comes instead of the bytes. */
  bytes: Buffer;
  /** The next transfers wait for it. */
  gate: Promise<void> | undefined;
  readonly #cache: BlobCache;
  readonly #inFlight = new InFlight<BlobLocation>();
  readonly #digest;

  constructor(bytes: Buffer, cache: BlobCache, options: FarBlobOptions = {}) {
    this.bytes = bytes;
    this.size = bytes.length;
    this.#digest = digestOf(bytes);
    this.identity = options.identity ?? `blob ${this.#digest}`;
    this.#cache = cache;
    if (options.ranges !== 'no')
      this.fetchRange = (range) =>
        options.ranges === 'ignored' ? Promise.reject(unsupported()) : this.#fetchRange(range);
  }

  fetch(options?: CallOptions): Promise<BlobLocation> {
    return this.#inFlight.run(this.identity, (shared) => this.#fetch(shared), options);
  }

  forget(): Promise<void> {
    return this.#cache.drop(this.identity);
  }

  async #fetch(options: CallOptions): Promise<BlobLocation> {
    const claim = { digest: this.#digest, size: this.size };
    const filled = await fillBlob(
      this.#cache,
      this.identity,
      claim,
      async (from) => {
        this.fetches++;
        await this.gate;
        if (this.failure !== undefined) throw this.failure;
        return { from, bytes: arriving(this.bytes, from) };
      },
      options,
    );
    this.movedBytes += filled.movedBytes;
    return filled.location;
  }

  async #fetchRange(range: ByteRange): Promise<BlobLocation> {
    const whole = await this.#cache.whole(this.identity);
    if (whole !== undefined) return whole;
    const ranges = this.#cache.ranges(this.identity, this.size);
    for (const missing of await ranges.missing(range)) {
      if (this.failure !== undefined) throw this.failure;
      this.ranges.push(missing);
      this.movedBytes += missing.end - missing.start;
      await ranges.add(missing, arriving(this.bytes, missing.start, missing.end));
    }
    const present = await ranges.locate(range);
    if (present === undefined) throw new Error('it is not there');
    return present;
  }
}

function unsupported(): Error {
  return new EngineError('unsupported', 'far', 'no ranges');
}
