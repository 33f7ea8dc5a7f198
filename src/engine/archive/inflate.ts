import type { Checkpoint } from './checkpoint.ts';
import type { Boundary } from './bitOffset.ts';
import { constants, deflateRawSync } from 'node:zlib';
import { findBitOffset, trialInputSize, trialOutputSize } from './bitOffset.ts';
import { windowSize } from './checkpoint.ts';
import { GunzipHandle } from './gunzipHandle.ts';

/** A gzip blob that can be sought, and who wants to know what is in it. */
export interface InflateOptions {
  /** Bytes of the blob. */
  readonly size: number;
  /** Fills the buffer from an offset of the blob; gives fewer bytes only at its end. */
  readonly readAt: (buffer: Buffer, offset: number) => number;
  /** Gets the blob in order. The bytes are valid until the call returns. */
  readonly onInput?: (bytes: Buffer) => void;
  /** Gets the unpacked stream in order. The bytes are valid until the call returns. */
  readonly onOutput: (bytes: Buffer) => void;
  readonly onCheckpoint: (checkpoint: Checkpoint) => void;
  /** Output between two checkpoints. */
  readonly span?: number;
}

const inputSize = 256 * 1024;
const outputSize = 2 ** 20;

/**
 * Output between two checkpoints. A random read unpacks half of it on average, 2 to 4 ms; a checkpoint costs a
 * millisecond and some 10 KiB of index, which for large layers must stay below 3 % of the blob (speed.md, §4.6).
 */
export function spanAfter(output: number): number {
  return output < 2 ** 28 ? 2 * 2 ** 20 : 4 * 2 ** 20;
}

/**
 * Unpacks all members of a gzip blob and finds checkpoints on the way: past each span, native inflate is told to stop
 * at the next block boundary; the bit offset there is found by trial as soon as enough true output has followed.
 *
 * Call {@link step} until it returns false; each step is a few milliseconds of work. Errors are those of zlib: nothing
 * unpacked before one is lost but what the last step produced.
 */
export class CheckpointInflater {
  readonly #options: InflateOptions;
  readonly #handle = new GunzipHandle();
  readonly #input = Buffer.allocUnsafeSlow(inputSize);
  #inputAt = 0;
  #inputEnd = 0;
  /** The last 32 KiB of output delivered, then output not yet delivered: a window is always in one piece. */
  readonly #output = Buffer.allocUnsafeSlow(windowSize + outputSize);
  #outputEnd = windowSize;
  #consumed = 0;
  #produced = 0;
  #lastCheckpoint = 0;
  #pending: PendingBoundary | undefined;

  constructor(options: InflateOptions) {
    this.#options = options;
  }

  /** Offset in the blob. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Bytes unpacked. */
  get produced(): number {
    return this.#produced;
  }

  /** @returns false when the blob has ended. @throws what zlib throws, as for a blob that is cut short. */
  step(): boolean {
    if (this.#inputAt === this.#inputEnd && !this.#refill()) return this.#finish();
    const wantsBoundary = this.#pending === undefined && this.#spanLeft() <= 0;
    const space = this.#spaceForStep();
    const inputBefore = this.#inputEnd - this.#inputAt;
    this.#write(wantsBoundary ? constants.Z_BLOCK : constants.Z_NO_FLUSH, inputBefore, space);
    const taken = inputBefore - this.#handle.inputLeft;
    const given = space - this.#handle.spaceLeft;
    this.#account(taken, given);
    const hasStopped = this.#handle.inputLeft > 0 && this.#handle.spaceLeft > 0;
    if (hasStopped && wantsBoundary) this.#noteBoundary();
    else if (hasStopped && taken === 0 && given === 0) return this.#finish();
    if (this.#outputEnd === this.#output.length) this.#deliver();
    return true;
  }

  close(): void {
    this.#handle.close();
  }

  #write(flush: number, inputLength: number, space: number): void {
    try {
      this.#handle.write(
        flush,
        this.#input,
        this.#inputAt,
        inputLength,
        this.#output,
        this.#outputEnd,
        space,
      );
    } catch (error) {
      this.#deliver();
      throw error;
    }
  }

  #spanLeft(): number {
    return this.#lastCheckpoint + (this.#options.span ?? spanAfter(this.#produced)) - this.#produced;
  }

  /** Steps end where a span does, so that the search for a boundary begins there, and where a boundary can be settled. */
  #spaceForStep(): number {
    const space = this.#output.length - this.#outputEnd;
    const wanted = this.#pending?.missing ?? this.#spanLeft();
    return wanted > 0 ? Math.min(space, wanted) : space;
  }

  #refill(): boolean {
    const wanted = Math.min(inputSize, this.#options.size - this.#consumed);
    const count = wanted === 0 ? 0 : this.#options.readAt(this.#input.subarray(0, wanted), this.#consumed);
    this.#inputAt = 0;
    this.#inputEnd = count;
    if (count > 0) this.#options.onInput?.(this.#input.subarray(0, count));
    return count > 0;
  }

  #account(taken: number, given: number): void {
    this.#inputAt += taken;
    this.#consumed += taken;
    if (this.#pending?.addTruth(this.#output, this.#outputEnd, given) === true) this.#settle(this.#pending);
    this.#outputEnd += given;
    this.#produced += given;
  }

  #noteBoundary(): void {
    // Nothing has been unpacked before the first member's header.
    if (this.#produced === 0) return;
    const length = Math.min(windowSize, this.#produced);
    const window = Buffer.from(this.#output.subarray(this.#outputEnd - length, this.#outputEnd));
    this.#pending = new PendingBoundary(this.#consumed, this.#produced, window);
  }

  /** Makes the noted boundary a checkpoint, or gives it up. */
  #settle(pending: PendingBoundary): void {
    this.#pending = undefined;
    const around = Buffer.allocUnsafe(trialInputSize + 1);
    const count = this.#options.readAt(around, pending.input - 1);
    const next = around.subarray(1, count);
    const bits = findBitOffset(pending.toBoundary(around[0] ?? 0, next));
    const { input, output, window } = pending;
    if (bits !== undefined)
      this.#emit({ input, bits, output, isMember: false, window: deflateRawSync(window, { level: 1 }) });
    else if (beginsMember(next, trailerSize))
      this.#emit({ input: input + trailerSize, bits: 0, output, isMember: true, window: noWindow });
  }

  #emit(checkpoint: Checkpoint): void {
    this.#lastCheckpoint = checkpoint.output;
    this.#options.onCheckpoint(checkpoint);
  }

  /** Hands on what is unpacked and keeps its end as the window. */
  #deliver(): void {
    if (this.#outputEnd > windowSize)
      this.#options.onOutput(this.#output.subarray(windowSize, this.#outputEnd));
    this.#output.copyWithin(0, this.#outputEnd - windowSize, this.#outputEnd);
    this.#outputEnd = windowSize;
  }

  #finish(): false {
    this.#deliver();
    // Only now does zlib say that a member is not complete.
    this.#handle.write(constants.Z_FINISH, this.#input, 0, 0, this.#output, windowSize, outputSize);
    if (this.#pending !== undefined) this.#settle(this.#pending);
    this.#inputAt = this.#inputEnd;
    return false;
  }
}

/** A block boundary whose bit offset is not yet known, and the true output that will tell it. */
class PendingBoundary {
  readonly input: number;
  readonly output: number;
  readonly window: Buffer;
  readonly #truth = Buffer.allocUnsafe(trialOutputSize);
  #held = 0;

  constructor(input: number, output: number, window: Buffer) {
    this.input = input;
    this.output = output;
    this.window = window;
  }

  /** Bytes of true output still needed. */
  get missing(): number {
    return trialOutputSize - this.#held;
  }

  /** @returns whether there is enough. */
  addTruth(bytes: Buffer, start: number, length: number): boolean {
    this.#held += bytes.copy(
      this.#truth,
      this.#held,
      start,
      start + Math.min(length, trialOutputSize - this.#held),
    );
    return this.#held === trialOutputSize;
  }

  toBoundary(previousByte: number, next: Buffer): Boundary {
    return { previousByte, next, window: this.window, truth: this.#truth.subarray(0, this.#held) };
  }
}

const trailerSize = 8;
const noWindow = new Uint8Array(0);

/** Whether a gzip member follows the trailer of the one that ends here (RFC 1952, 2.2 and 2.3). */
function beginsMember(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8;
}
