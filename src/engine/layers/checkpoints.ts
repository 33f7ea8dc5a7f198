import type { BlobLocation } from '../archive/blobLocation.ts';
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteRange } from '../base/byteRange.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import { type Checkpoint, firstCheckpoint } from '../archive/checkpoint.ts';

/** How a layer's blob is packed, and how many bytes it holds; what a random read must know besides the checkpoints. */
export interface Packing {
  readonly compression: 'gzip' | 'zstd' | 'tar';
  /** Bytes of the unpacked tar. */
  readonly tarSize: number;
}

/**
 * The checkpoint section of an index file: a table, and the windows one after another, which are read one by one when
 * they are needed.
 *
 * Layout, little endian: `u32` compression, `u32` count, `f64` tar size; then for each checkpoint `f64` input, `f64`
 * output, `f64` end of its window from the first window's start, `f64` bits (0–7) or 8 for the start of a gzip member or
 * zstd frame; then the windows.
 */
export function encodeCheckpoints(packing: Packing, checkpoints: readonly Checkpoint[]): Uint8Array {
  const tableSize = headerSize + checkpoints.length * rowSize;
  const windowBytes = checkpoints.reduce((sum, { window }) => sum + window.length, 0);
  const section = Buffer.alloc(tableSize + windowBytes);
  section.writeUInt32LE(compressions.indexOf(packing.compression), 0);
  section.writeUInt32LE(checkpoints.length, 4);
  section.writeDoubleLE(packing.tarSize, 8);
  let windowEnd = 0;
  for (const [row, checkpoint] of checkpoints.entries()) {
    section.set(checkpoint.window, tableSize + windowEnd);
    windowEnd += checkpoint.window.length;
    const bits = checkpoint.isMember ? memberMark : checkpoint.bits;
    for (const [column, value] of [checkpoint.input, checkpoint.output, windowEnd, bits].entries())
      section.writeDoubleLE(value, headerSize + row * rowSize + column * 8);
  }
  return section;
}

const headerSize = 16;
const rowSize = 32;
const memberMark = 8;
/** What may have to be unpacked before a range that is wanted, where its bytes must first be fetched. */
const reach = 32 * 2 ** 20;
/** A decoder that has a few bytes more than it needs never waits for them. */
const slack = 64;
const compressions = ['tar', 'gzip', 'zstd'] as const;

/** The checkpoints of one layer, on disk; the table is in memory, the windows are not. */
export class Checkpoints implements AsyncDisposable {
  readonly packing: Packing;
  readonly #file: FileHandle;
  readonly #windowsAt: number;
  /** Rows of input, output, end of window, bits. */
  readonly #table: Float64Array;

  /**
   * @param section where the section lies in the index file, which is held open.
   * @throws EngineError `not-found`, `damaged`.
   */
  static async open(section: BlobLocation): Promise<Checkpoints> {
    let file: FileHandle | undefined;
    try {
      file = await open(section.file, 'r');
      const header = await readExactly(file, section.offset, headerSize, section.file);
      const tableSize = header.readUInt32LE(4) * rowSize;
      if (headerSize + tableSize > section.size)
        throw new EngineError('damaged', section.file, 'the checkpoint table is longer than its section');
      const table = await readExactly(file, section.offset + headerSize, tableSize, section.file);
      return new Checkpoints(file, section.offset + headerSize + tableSize, header, table);
    } catch (error) {
      await file?.close();
      throw toEngineError(error, section.file);
    }
  }

  private constructor(file: FileHandle, windowsAt: number, header: Buffer, table: Buffer) {
    this.#file = file;
    this.#windowsAt = windowsAt;
    this.packing = {
      compression: compressions[header.readUInt32LE(0)] ?? 'tar',
      tarSize: header.readDoubleLE(8),
    };
    this.#table = Float64Array.from({ length: table.length / 8 }, (_, at) => table.readDoubleLE(at * 8));
  }

  /** The last place from which the tar can be unpacked, at or before `output`. */
  async nearest(output: number): Promise<Checkpoint> {
    const row = this.#rowBefore(output);
    if (row < 0) return firstCheckpoint;
    const [input = 0, at = 0, windowEnd = 0, bits = 0] = this.#table.subarray(row * 4, row * 4 + 4);
    const windowStart = row === 0 ? 0 : (this.#table[row * 4 - 2] ?? 0);
    const window = await readExactly(
      this.#file,
      this.#windowsAt + windowStart,
      windowEnd - windowStart,
      'checkpoints',
    );
    const isMember = bits === memberMark;
    return { input, output: at, bits: isMember ? 0 : bits, isMember, window };
  }

  /** Where the span that holds `output` begins and ends in the tar. */
  spanOf(output: number): { readonly start: number; readonly end: number } {
    const row = this.#rowBefore(output);
    return {
      start: row < 0 ? 0 : (this.#table[row * 4 + 1] ?? 0),
      end: this.#table[(row + 1) * 4 + 1] ?? this.packing.tarSize,
    };
  }

  /**
   * Which bytes of the blob it takes to read a range of the tar; undefined where that means unpacking from too far before
   * it.
   *
   * @param size bytes of the blob.
   */
  blobRangeOf({ start, end }: ByteRange, size: number): ByteRange | undefined {
    if (this.packing.compression === 'tar') return { start, end: Math.min(end, size) };
    const row = this.#rowBefore(start);
    const next = this.#rowBefore(end - 1) + 1;
    if (start - this.spanOf(start).start > reach) return undefined;
    return {
      // The byte before may hold the first bits.
      start: row < 0 ? 0 : Math.max(0, (this.#table[row * 4] ?? 0) - 1),
      end: Math.min(size, (this.#table[next * 4] ?? size) + slack),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  /** The last row at or before `output`; −1 before the first. */
  #rowBefore(output: number): number {
    let low = -1;
    let high = this.#table.length / 4;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#table[middle * 4 + 1] ?? 0) <= output) low = middle;
      else high = middle;
    }
    return low;
  }
}

async function readExactly(
  file: FileHandle,
  offset: number,
  length: number,
  subject: string,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  if (bytesRead < length) throw new EngineError('damaged', subject, 'the index file ends early');
  return bytes;
}
