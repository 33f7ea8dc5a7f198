import { type Hash, createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { type Checkpoint, firstCheckpoint } from '../archive/checkpoint.ts';
import { requireReadable, sniffCompression, sniffLength } from '../archive/compression.ts';
import { type ContentHasher, createContentHasher } from '../archive/contentHasher.ts';
import { decompress, isTrailingGarbage, toDecompressionError } from '../archive/decompress.ts';
import { isGunzipHandleUsable } from '../archive/gunzipProbe.ts';
import { CheckpointInflater } from '../archive/inflate.ts';
import { inflateDocumented } from '../archive/inflateDocumented.ts';
import { OutputBudget } from '../archive/outputBudget.ts';
import { resumeGzip } from '../archive/resumeGzip.ts';
import { scanTarHeaders } from '../archive/scanTarHeaders.ts';
import { TarScanner } from '../archive/tarScanner.ts';
import type { TarSink } from '../archive/tarSink.ts';
import { Pacer } from '../base/abort.ts';
import { EngineError, isEngineError, toEngineError } from '../base/errors.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Packing } from './checkpoints.ts';

/** What one pass over a layer's blob finds out besides what its tar holds. */
export interface LayerReading {
  readonly packing: Packing;
  readonly checkpoints: readonly Checkpoint[];
  /** False when the blob or its tar ended early or at damage. */
  readonly isComplete: boolean;
  readonly hasContentHashes: boolean;
  /** What is wrong with the blob; the tar's own problems went to the sink. */
  readonly problems: readonly Problem[];
  /** `sha256:…` of the stored bytes and of the unpacked tar; undefined for large blobs, which are not hashed. */
  readonly digest: string | undefined;
  readonly diffId: string | undefined;
}

export interface ReadLayerOptions extends CallOptions {
  /** Called every 50 ms of work; the reading waits for it, so that the sink can be looked at. */
  readonly onPause?: (reached: { readonly done: number; readonly tarSize: number }) => Promise<void>;
}

/**
 * Blobs up to this size are read whole and hashed in the same pass. Larger plain tars are scanned by their headers alone;
 * larger compressed ones are read whole, but their digests are left to `verify`.
 */
const hashedWholeUpTo = 16 * 2 ** 20;
/** A small blob that unpacks to more than this is a file of zeros or a bomb; hashing it would take longer than reading it. */
const diffIdUpTo = 256 * 2 ** 20;

/**
 * Reads a layer's blob once and tells the sink what is in its tar. Synchronous work in slices of some 50 ms: for a
 * process of its own, or for small layers. Damage ends the reading early with a problem; what was read stays.
 *
 * @throws EngineError `unsupported` for a compression that is not read, `cancelled`, and failures of the disk.
 */
export async function readLayer(
  blob: BlobLocation,
  sink: TarSink,
  options: ReadLayerOptions = {},
): Promise<LayerReading> {
  const reading = await Reading.open(blob, sink, options);
  try {
    return await reading.run();
  } catch (error) {
    throw toEngineError(error, blob.file);
  } finally {
    reading.close();
  }
}

class Reading {
  readonly #blob: BlobLocation;
  readonly #file: number;
  readonly #scanner: TarScanner;
  readonly #pacer: Pacer;
  readonly #compression: 'gzip' | 'zstd' | 'tar' | 'empty';
  readonly #budget: OutputBudget;
  readonly #checkpoints: Checkpoint[] = [];
  readonly #problems: Problem[] = [];
  readonly #digest: Hash | undefined;
  #diffId: Hash | undefined;
  readonly #hasContentHashes: boolean;
  #isCut = false;
  #hasLostData = false;
  #consumed = 0;

  static async open(blob: BlobLocation, sink: TarSink, options: ReadLayerOptions): Promise<Reading> {
    if (blob.present !== undefined) throw new EngineError('internal', blob.file, 'only a part of it is here');
    let file: number;
    try {
      file = openSync(blob.file, 'r');
    } catch (error) {
      throw toEngineError(error, blob.file);
    }
    try {
      return new Reading(blob, file, sink, options, await createContentHasher());
    } catch (error) {
      closeSync(file);
      throw toEngineError(error, blob.file);
    }
  }

  private constructor(
    blob: BlobLocation,
    file: number,
    sink: TarSink,
    options: ReadLayerOptions,
    hasher: ContentHasher,
  ) {
    this.#blob = blob;
    this.#file = file;
    const head = Buffer.alloc(sniffLength);
    this.#compression = requireReadable(sniffCompression(head.subarray(0, this.#readAt(head, 0))), blob.file);
    const isSmall = blob.size <= hashedWholeUpTo;
    this.#hasContentHashes = isSmall || this.#compression !== 'tar';
    this.#digest = isSmall ? createHash('sha256') : undefined;
    this.#diffId = isSmall ? createHash('sha256') : undefined;
    this.#scanner = new TarScanner(sink, this.#hasContentHashes ? hasher : undefined);
    this.#budget = new OutputBudget(blob.file);
    this.#pacer = new Pacer(options.signal, blob.file, async () => {
      options.onProgress?.({ subject: blob.file, done: this.#consumed, total: blob.size });
      await options.onPause?.({ done: this.#consumed, tarSize: this.#scanner.position });
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  async run(): Promise<LayerReading> {
    try {
      await this.#readAll();
    } catch (error) {
      this.#noteDamage(error);
    }
    this.#scanner.finish();
    if (this.#isCut) this.#lose('blob-truncated', 'the file ends before the blob does');
    return {
      packing: {
        compression: this.#compression === 'empty' ? 'tar' : this.#compression,
        tarSize: this.#scanner.position,
      },
      checkpoints: this.#checkpoints,
      isComplete: !this.#hasLostData && !this.#scanner.isDamaged,
      hasContentHashes: this.#hasContentHashes,
      problems: this.#problems,
      ...this.#digests(),
    };
  }

  #digests(): Pick<LayerReading, 'digest' | 'diffId'> {
    // Of a damaged blob only a part was hashed.
    const isWhole = this.#problems.length === 0;
    const text = (hash: Hash | undefined): string | undefined =>
      isWhole && hash !== undefined ? `sha256:${hash.digest('hex')}` : undefined;
    return { digest: text(this.#digest), diffId: text(this.#diffId) };
  }

  #readAll(): Promise<void> {
    switch (this.#compression) {
      case 'gzip':
        return this.#readGzip();
      case 'zstd':
        return this.#readZstd();
      case 'tar':
      case 'empty':
        return this.#hasContentHashes ? this.#readWholeTar() : this.#readHeaders();
    }
  }

  async #readGzip(): Promise<void> {
    const options = {
      size: this.#blob.size,
      readAt: (buffer: Buffer, offset: number) => this.#readAt(buffer, offset),
      onInput: (bytes: Buffer) => {
        this.#takeInput(bytes);
      },
      onOutput: (bytes: Buffer) => {
        this.#budget.addOutput(bytes.length);
        this.#takeOutput(bytes);
      },
      onCheckpoint: (checkpoint: Checkpoint) => void this.#checkpoints.push(checkpoint),
    };
    if (!isGunzipHandleUsable()) return inflateDocumented(options, () => this.#pacer.breathe());
    const inflater = new CheckpointInflater(options);
    try {
      while (inflater.step()) await this.#pacer.breathe();
    } catch (error) {
      if (isZlibError(error)) await this.#salvage();
      throw error;
    } finally {
      inflater.close();
    }
  }

  /** Native inflate does not give what its last step unpacked before it failed; this unpacks that again in small steps. */
  async #salvage(): Promise<void> {
    const from = this.#checkpoints.at(-1) ?? firstCheckpoint;
    const read = (offset: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(Math.min(length, this.#blob.size - offset));
      return Promise.resolve(bytes.subarray(0, this.#readAt(bytes, offset)));
    };
    let at = from.output;
    try {
      for await (const bytes of resumeGzip(from, read, 4096)) {
        const known = Math.max(0, this.#scanner.position - at);
        if (known < bytes.length) this.#takeOutput(bytes.subarray(known));
        at += bytes.length;
      }
    } catch {
      // It fails where it failed before.
    }
  }

  async #readZstd(): Promise<void> {
    let last = 0;
    const onFrame = (input: number, output: number): void => {
      if (output - last < frameSpacing) return;
      last = output;
      this.#checkpoints.push({ input, output, bits: 0, isMember: true, window: noWindow });
    };
    const unpacked = decompress(this.#pieces(), 'zstd', { subject: this.#blob.file, onFrame });
    for await (const bytes of unpacked) this.#takeOutput(bytes);
  }

  async #readWholeTar(): Promise<void> {
    for await (const bytes of this.#pieces()) this.#takeOutput(bytes);
  }

  async #readHeaders(): Promise<void> {
    const { size } = this.#blob;
    const readAt = (buffer: Buffer, offset: number): number => this.#readAt(buffer, offset);
    await scanTarHeaders(this.#scanner, size, readAt, (position) => {
      this.#consumed = position;
      return this.#pacer.breathe();
    });
    this.#isCut ||= this.#readAt(Buffer.alloc(1), size - 1) === 0;
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    const buffer = Buffer.allocUnsafe(256 * 1024);
    while (this.#consumed < this.#blob.size) {
      const count = this.#readAt(
        buffer.subarray(0, Math.min(buffer.length, this.#blob.size - this.#consumed)),
        this.#consumed,
      );
      if (count === 0) return;
      this.#takeInput(buffer.subarray(0, count));
      yield buffer.subarray(0, count);
      await this.#pacer.breathe();
    }
  }

  /** Fills the buffer from an offset of the blob, within the blob. */
  #readAt(buffer: Buffer, offset: number): number {
    const wanted = Math.min(buffer.length, this.#blob.size - offset);
    let held = 0;
    while (held < wanted) {
      const count = readSync(this.#file, buffer, held, wanted - held, this.#blob.offset + offset + held);
      if (count === 0) break;
      held += count;
    }
    this.#isCut ||= held < wanted;
    return held;
  }

  #takeInput(bytes: Buffer): void {
    this.#consumed += bytes.length;
    this.#budget.addInput(bytes.length);
    this.#digest?.update(bytes);
  }

  #takeOutput(bytes: Buffer): void {
    if (this.#scanner.position > diffIdUpTo) this.#diffId = undefined;
    this.#diffId?.update(bytes);
    this.#scanner.push(bytes);
  }

  /** Makes a problem of damage; anything else is thrown on. */
  #noteDamage(thrown: unknown): void {
    const error = toDecompressionError(thrown, this.#blob.file);
    if (isEngineError(error, 'truncated')) this.#lose('blob-truncated', error.detail);
    else if (isEngineError(error, 'limit-exceeded')) this.#lose('limit-exceeded', error.detail);
    else if (!isEngineError(error, 'damaged')) throw error;
    else if (isTrailingGarbage(error) && this.#scanner.hasEnded) this.#report('blob-damaged', error.detail);
    else this.#lose('blob-damaged', error.detail);
  }

  #lose(code: Problem['code'], detail: string): void {
    this.#hasLostData = true;
    this.#report(code, detail);
  }

  #report(code: Problem['code'], detail: string): void {
    this.#problems.push({ code, subject: 'layer', detail });
  }
}

/** Frames closer to each other than this are not worth a checkpoint: unpacking so much takes a fraction of a millisecond. */
const frameSpacing = 128 * 1024;
const noWindow = new Uint8Array(0);

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR';
}
