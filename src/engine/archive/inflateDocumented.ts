import type { InflateOptions } from './inflate.ts';
import { createGunzip, deflateRawSync } from 'node:zlib';
import { findBitOffset, trialInputSize, trialOutputSize } from './bitOffset.ts';
import { findDynamicBlock } from './blockFinder.ts';
import { windowSize } from './checkpoint.ts';
import { spanAfter } from './inflate.ts';
import { StreamDecoder } from './streamDecoder.ts';

const inputSize = 256 * 1024;

/**
 * What `CheckpointInflater` does, with Node's documented API alone, at half the speed: past each span the input is
 * searched for a block header, the stream is fed exactly up to it, and the place is tried when true output has followed.
 *
 * @param pause called between pieces of input; may throw to stop.
 */
export async function inflateDocumented(
  options: InflateOptions,
  pause: () => void | Promise<void>,
): Promise<void> {
  const search = new CheckpointSearch(options);
  const decoder = new StreamDecoder(createGunzip({ chunkSize: 2 ** 20 }));
  const feed = async (bytes: Buffer): Promise<void> => {
    for await (const output of decoder.write(bytes)) search.addOutput(output);
  };
  try {
    for (let at = 0; at < options.size;) {
      const piece = Buffer.allocUnsafe(Math.min(inputSize, options.size - at));
      const count = options.readAt(piece, at);
      if (count === 0) break;
      const bytes = piece.subarray(0, count);
      options.onInput?.(bytes);
      const boundary = search.findIn(bytes);
      await feed(bytes.subarray(0, boundary));
      if (boundary > 0) search.noteBoundary(at + boundary);
      await feed(bytes.subarray(boundary));
      at += count;
      await pause();
    }
    for await (const output of decoder.end()) search.addOutput(output);
    search.settle();
  } finally {
    decoder.close();
  }
}

class CheckpointSearch {
  readonly #options: InflateOptions;
  #produced = 0;
  #lastCheckpoint = 0;
  /** The last output, at least a window of it when there has been so much. */
  #history = Buffer.alloc(0);
  #pending: { input: number; output: number; window: Buffer; truth: Buffer } | undefined;

  constructor(options: InflateOptions) {
    this.#options = options;
  }

  addOutput(bytes: Buffer): void {
    this.#options.onOutput(bytes);
    const pending = this.#pending;
    if (pending !== undefined && pending.truth.length < trialOutputSize)
      pending.truth = Buffer.concat([pending.truth, bytes]).subarray(0, trialOutputSize);
    this.#produced += bytes.length;
    this.#history = Buffer.from(
      bytes.length >= windowSize
        ? bytes.subarray(-windowSize)
        : Buffer.concat([this.#history, bytes]).subarray(-windowSize),
    );
  }

  /** The first whole byte behind a block boundary in this piece of input; 0 when none is wanted or found. */
  findIn(bytes: Buffer): number {
    if (this.#pending !== undefined && this.#pending.truth.length === trialOutputSize) this.settle();
    const span = this.#options.span ?? spanAfter(this.#produced);
    if (this.#pending !== undefined || this.#produced - this.#lastCheckpoint < span) return 0;
    const bit = findDynamicBlock(bytes, 0, bytes.length - 400);
    return bit === undefined ? 0 : (bit + 7) >> 3;
  }

  /** @param input offset in the blob, up to which the stream has been fed. */
  noteBoundary(input: number): void {
    this.#pending = { input, output: this.#produced, window: this.#history, truth: Buffer.alloc(0) };
  }

  /** Tries the noted boundary and makes it a checkpoint, or gives it up. */
  settle(): void {
    if (this.#pending === undefined) return;
    const { input, output, window, truth } = this.#pending;
    this.#pending = undefined;
    const around = Buffer.allocUnsafe(trialInputSize + 1);
    const count = this.#options.readAt(around, input - 1);
    const bits = findBitOffset({
      previousByte: around[0] ?? 0,
      next: around.subarray(1, count),
      window,
      truth,
    });
    if (bits === undefined) return;
    this.#lastCheckpoint = output;
    this.#options.onCheckpoint({
      input,
      bits,
      output,
      isMember: false,
      window: deflateRawSync(window, { level: 1 }),
    });
  }
}
