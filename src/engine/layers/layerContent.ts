import { BlobFile } from '../archive/blobFile.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { Checkpoint } from '../archive/checkpoint.ts';
import { decompress, toDecompressionError } from '../archive/decompress.ts';
import { resumeGzip } from '../archive/resumeGzip.ts';
import { throwIfAborted } from '../base/abort.ts';
import type { ByteRange } from '../base/byteRange.ts';
import { EngineError } from '../base/errors.ts';
import { Checkpoints } from './checkpoints.ts';
import type { SpanCache } from './spanCache.ts';
import type { TarCache } from './tarCache.ts';

/** What all open layers of a process share. */
export interface ContentCaches {
  readonly spans: SpanCache;
  readonly tars: TarCache;
}

/**
 * The uncompressed tar of a layer's blob, readable at any place: plain by offset, gzip and zstd from the nearest
 * checkpoint of the layer's index. Layers without checkpoints in reach are unpacked from the start while they are small,
 * into a file on disk when they are large.
 *
 * Uses the documented zlib API only. Several reads may run at once.
 */
export class LayerContent implements AsyncDisposable {
  readonly #blob: BlobFile;
  readonly #checkpoints: Checkpoints;
  readonly #caches: ContentCaches;
  readonly #name: string;
  /** An unpacking that stopped where the last read ended; the next read often goes on there. */
  #idle: Unpacking | undefined;
  #hasRoom: boolean | undefined;

  /**
   * @param section where the layer's checkpoints lie in its index file.
   * @throws EngineError `not-found` and failures of the disk; `damaged` when the section is.
   */
  static async open(
    location: BlobLocation,
    section: BlobLocation,
    caches: ContentCaches,
  ): Promise<LayerContent> {
    const checkpoints = await Checkpoints.open(section);
    try {
      return new LayerContent(await BlobFile.open(location), checkpoints, caches);
    } catch (error) {
      await checkpoints[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(blob: BlobFile, checkpoints: Checkpoints, caches: ContentCaches) {
    this.#blob = blob;
    this.#checkpoints = checkpoints;
    this.#caches = caches;
    const { file, offset, size, present } = blob.location;
    const part = present === undefined ? '' : `${present.start}-${present.end}`;
    this.#name = `${file}\0${offset}\0${size}\0${blob.changedMs}\0${part}`;
  }

  /**
   * A range of the tar, in pieces.
   *
   * @throws EngineError `truncated` and `damaged` where the blob is; `cancelled`.
   */
  async *read(range: ByteRange, signal?: AbortSignal): AsyncGenerator<Buffer> {
    try {
      for (let at = range.start; at < range.end;) {
        throwIfAborted(signal, this.#blob.location.file);
        const before = at;
        for await (const bytes of this.#readSome(at, range, signal)) {
          at += bytes.length;
          yield bytes;
        }
        if (at === before) throw endsEarly(this.#blob.location.file);
      }
    } catch (error) {
      throw toDecompressionError(error, this.#blob.location.file);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#idle?.close();
    await this.#checkpoints[Symbol.asyncDispose]();
    await this.#blob[Symbol.asyncDispose]();
  }

  /** At least one byte from `at` on. */
  async *#readSome(at: number, range: ByteRange, signal?: AbortSignal): AsyncGenerator<Buffer> {
    if (this.#checkpoints.packing.compression === 'tar')
      yield* this.#pieces((offset, length) => this.#blob.read(offset, length), at, range.end);
    else if (await this.#isForCache(at)) yield* this.#readCached(at, range.end, signal);
    else yield* this.#readUnpacked(at, range, signal);
  }

  /** Whether too much would have to be unpacked for each read from `at` on. */
  async #isForCache(at: number): Promise<boolean> {
    // The cache unpacks the whole blob, of which only a part is here.
    if (this.#blob.location.present !== undefined) return false;
    const span = this.#checkpoints.spanOf(at);
    if (span.end - span.start <= reach || span.end <= smallTar) return false;
    return (this.#hasRoom ??= await this.#caches.tars.hasRoom(this.#checkpoints.packing.tarSize));
  }

  async *#pieces(
    read: (offset: number, length: number) => Promise<Buffer>,
    start: number,
    end: number,
  ): AsyncGenerator<Buffer> {
    for (let at = start; at < end; at += pieceSize) yield read(at, Math.min(pieceSize, end - at));
  }

  async *#readCached(at: number, end: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const { compression, tarSize } = this.#checkpoints.packing;
    const subject = this.#blob.location.file;
    const tar = await this.#caches.tars.get(this.#name, tarSize, () =>
      decompress(this.#blob.pieces(), compression, { subject }),
    );
    yield* this.#pieces((offset, length) => tar.read(offset, length, signal), at, end);
  }

  async *#readUnpacked(at: number, range: ByteRange, signal?: AbortSignal): AsyncGenerator<Buffer> {
    const span = this.#checkpoints.spanOf(at);
    const known = this.#caches.spans.get(this.#keyOf(span), at, range.end);
    if (known.length > 0) {
      yield known;
      return;
    }
    const unpacking = await this.#unpackingAt(at, span.start);
    let isOver = true;
    try {
      for await (const { start, bytes } of unpacking.until(range.end)) {
        throwIfAborted(signal, this.#blob.location.file);
        if (range.end - range.start <= cachedRead) this.#remember(start, bytes);
        if (start + bytes.length > at) yield bytes.subarray(Math.max(0, at - start), range.end - start);
      }
      isOver = unpacking.hasEnded;
    } finally {
      if (isOver) await unpacking.close();
      else await this.#park(unpacking);
    }
  }

  /** Goes on with the parked unpacking when that is nearer than the checkpoint. */
  async #unpackingAt(at: number, spanStart: number): Promise<Unpacking> {
    const idle = this.#idle;
    if (idle !== undefined && idle.position <= at && idle.position >= spanStart) {
      this.#idle = undefined;
      return idle;
    }
    const checkpoint = await this.#checkpoints.nearest(at);
    return new Unpacking(checkpoint.output, this.#unpackFrom(checkpoint));
  }

  #unpackFrom(checkpoint: Checkpoint): AsyncGenerator<Buffer> {
    if (this.#checkpoints.packing.compression === 'gzip')
      return resumeGzip(checkpoint, (offset, length) => this.#blob.read(offset, length));
    return decompress(this.#blob.pieces(checkpoint.input), 'zstd', { subject: this.#blob.location.file });
  }

  async #park(unpacking: Unpacking): Promise<void> {
    await this.#idle?.close();
    this.#idle = unpacking;
  }

  #remember(start: number, bytes: Buffer): void {
    for (let at = start; at < start + bytes.length;) {
      const span = this.#checkpoints.spanOf(at);
      const end = Math.min(span.end, start + bytes.length);
      this.#caches.spans.add(this.#keyOf(span), span.start, at, bytes.subarray(at - start, end - start));
      at = end;
    }
  }

  #keyOf(span: ByteRange): string {
    return `${this.#name}\0${span.start}`;
  }
}

const pieceSize = 256 * 1024;
/** A span longer than this takes too long to unpack for each read. */
const reach = 32 * 2 ** 20;
/** What lies before this is unpacked from the start; some 100 ms. */
const smallTar = 64 * 2 ** 20;
/** What longer reads unpack is not kept in memory: it would push out everything else. */
const cachedRead = 4 * 2 ** 20;

/** An unpacking under way, which can be stopped between two pieces and gone on with. */
class Unpacking {
  /** Offset in the tar of what comes next. */
  position: number;
  hasEnded = false;
  readonly #pieces: AsyncGenerator<Buffer>;
  #rest: Buffer | undefined;

  constructor(position: number, pieces: AsyncGenerator<Buffer>) {
    this.position = position;
    this.#pieces = pieces;
  }

  /** Pieces up to the one that reaches `end`; what of that lies behind `end` comes again with the next call. */
  async *until(end: number): AsyncGenerator<{ readonly start: number; readonly bytes: Buffer }> {
    while (this.position < end) {
      const bytes = this.#rest ?? (await this.#next());
      if (bytes === undefined) return;
      const start = this.position;
      this.#rest = start + bytes.length > end ? bytes.subarray(end - start) : undefined;
      this.position = Math.min(end, start + bytes.length);
      yield { start, bytes };
    }
  }

  async close(): Promise<void> {
    this.hasEnded = true;
    await this.#pieces.return(undefined);
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#pieces.next();
    if (next.done !== true) return next.value;
    this.hasEnded = true;
    return undefined;
  }
}

function endsEarly(subject: string): EngineError {
  return new EngineError('truncated', subject, 'the layer ends before the content does');
}
