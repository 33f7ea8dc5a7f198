import type { OutputLimits } from './outputBudget.ts';
import { constants, createGunzip, createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { EngineError } from '../base/errors.ts';
import { OutputBudget } from './outputBudget.ts';
import { StreamDecoder } from './streamDecoder.ts';
import { type FramePiece, ZstdFrames } from './zstdFrames.ts';

export interface DecompressOptions {
  /** What an error is about. */
  readonly subject: string;
  readonly limits?: OutputLimits;
  /** Told where each zstd frame with data begins, in the packed and in the unpacked stream. */
  readonly onFrame?: (input: number, output: number) => void;
}

/**
 * Unpacks a stream: every gzip member, every zstd frame. All that could be unpacked is yielded before an error is thrown.
 *
 * @throws EngineError `truncated`; `damaged`, also for data behind the end that is neither a member nor zeros;
 *   `limit-exceeded` by the limits, or for a zstd window above 128 MiB.
 */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd' | 'tar' | 'empty',
  options: DecompressOptions,
): AsyncGenerator<Buffer> {
  const budget = new OutputBudget(options.subject, options.limits);
  const unpacked =
    compression === 'gzip'
      ? gunzip(metered(source, budget))
      : compression === 'zstd'
        ? unzstd(metered(source, budget), options.onFrame)
        : metered(source, budget);
  try {
    for await (const bytes of unpacked) {
      if (compression === 'gzip' || compression === 'zstd') budget.addOutput(bytes.length);
      yield bytes;
    }
  } catch (error) {
    throw toDecompressionError(error, options.subject);
  }
}

async function* metered(source: AsyncIterable<Buffer>, budget: OutputBudget): AsyncGenerator<Buffer> {
  for await (const bytes of source) {
    budget.addInput(bytes.length);
    yield bytes;
  }
}

const chunkSize = 256 * 1024;

async function* gunzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const decoder = new StreamDecoder(createGunzip({ chunkSize }));
  try {
    for await (const bytes of source) yield* decoder.write(bytes);
    yield* decoder.end();
  } finally {
    decoder.close();
  }
}

async function* unzstd(
  source: AsyncIterable<Buffer>,
  onFrame: DecompressOptions['onFrame'],
): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  let frame = new FrameDecoder();
  let input = 0;
  let output = 0;
  try {
    for await (const bytes of source) {
      for (const piece of frames.split(bytes)) {
        if (!piece.isSkippable && frame.isFresh) onFrame?.(input, output);
        input += piece.bytes.length;
        if (piece.isSkippable) continue;
        for await (const unpacked of frame.take(piece)) {
          yield unpacked;
          output += unpacked.length;
        }
        if (piece.endsFrame) frame = new FrameDecoder();
      }
    }
    if (frames.hasGarbage) throw new RangeError(garbageDetail);
    if (!frames.isBetweenFrames) yield* frame.endCut();
  } finally {
    frame.close();
  }
}

/**
 * Unpacks one zstd frame. A frame of few blocks is unpacked at once: zstd:chunked layers have tens of thousands of them,
 * and a stream for each would take longer than the data.
 */
class FrameDecoder {
  readonly #held: Buffer[] = [];
  #stream: StreamDecoder | undefined;

  /** Whether nothing of the frame has come yet. */
  get isFresh(): boolean {
    return this.#stream === undefined && this.#held.length === 0;
  }

  async *take(piece: FramePiece): AsyncGenerator<Buffer> {
    yield* this.#write(piece.bytes, piece.blocks);
    if (piece.endsFrame) yield* this.#end();
  }

  async *#write(bytes: Buffer, blocks: number): AsyncGenerator<Buffer> {
    if (this.#stream === undefined && blocks <= blocksAtOnce) {
      // The source may use its buffer again.
      this.#held.push(Buffer.from(bytes));
      return;
    }
    this.#stream ??= new StreamDecoder(createZstdDecompress({ chunkSize, params: windowLimit }));
    for (const held of this.#held.splice(0)) yield* this.#stream.write(held);
    yield* this.#stream.write(bytes);
  }

  async *#end(): AsyncGenerator<Buffer> {
    if (this.#stream !== undefined) yield* this.#stream.end();
    else if (this.#held.length > 0) {
      const bytes = zstdDecompressSync(Buffer.concat(this.#held), { params: windowLimit });
      if (bytes.length > 0) yield bytes;
    }
  }

  /** What a cut frame holds. @throws RangeError always. */
  async *endCut(): AsyncGenerator<Buffer> {
    yield* this.#write(Buffer.alloc(0), Infinity);
    yield* this.#end();
    throw new RangeError(truncatedDetail);
  }

  close(): void {
    this.#stream?.close();
  }
}

/** A block unpacks to 128 KiB at most, so a frame unpacked at once takes 1 MiB at most. */
const blocksAtOnce = 8;
const windowLimit = { [constants.ZSTD_d_windowLogMax]: 27 };
const truncatedDetail = 'the compressed data ends early';
const garbageDetail = 'data follows the end of the compressed data';

/** The failure of a decompression stream in our words; errors of the source pass unchanged. */
export function toDecompressionError(error: unknown, subject: string): unknown {
  if (!(error instanceof Error) || error instanceof EngineError) return error;
  const code = 'code' in error ? error.code : undefined;
  if (error.message === truncatedDetail || code === 'Z_BUF_ERROR')
    return new EngineError('truncated', subject, truncatedDetail, { cause: error });
  if (code === 'ZSTD_error_frameParameter_windowTooLarge')
    return new EngineError('limit-exceeded', subject, 'it needs more than 128 MiB to unpack', {
      cause: error,
    });
  if (error.message === garbageDetail || isGzipHeaderError(error))
    return new EngineError('damaged', subject, garbageDetail, { cause: error });
  const isOurs = code === 'Z_DATA_ERROR' || (typeof code === 'string' && code.startsWith('ZSTD_error'));
  return isOurs ? new EngineError('damaged', subject, error.message, { cause: error }) : error;
}

/** zlib's words for bytes behind a member that begin no other; a first header is known to be one. */
function isGzipHeaderError(error: Error): boolean {
  return /^(incorrect header check|unknown header flags set|unknown compression method)$/.test(error.message);
}

/** Whether the failure only means that something follows complete data. */
export function isTrailingGarbage(error: EngineError): boolean {
  return error.code === 'damaged' && error.detail === garbageDetail;
}
