import { EngineError } from '../base/errors.ts';

/** How much a compressed blob may unpack to. */
export interface OutputLimits {
  /** Bytes in all. */
  readonly maxBytes: number;
  /** Bytes that are free whatever the ratio. */
  readonly freeBytes: number;
  /** Bytes of output for each byte of input, beyond the free ones. */
  readonly maxRatio: number;
}

/**
 * A layer is read as a stream by a process of its own that can be cancelled, so a bomb costs time, not memory. Honest
 * layers hold zero-filled disk images of many GiB, which gzip packs 1000 to 1 and zstd 30 000 to 1; therefore the ratio
 * counts only beyond 16 GiB, some ten to twenty seconds of work.
 */
export const defaultOutputLimits: OutputLimits = {
  maxBytes: 64 * 2 ** 30,
  freeBytes: 16 * 2 ** 30,
  maxRatio: 200,
};

/** Adds up what goes in and comes out of a decompressor, and stops it when that is out of proportion. */
export class OutputBudget {
  readonly #limits: OutputLimits;
  readonly #subject: string;
  #in = 0;
  #out = 0;

  constructor(subject: string, limits: OutputLimits = defaultOutputLimits) {
    this.#subject = subject;
    this.#limits = limits;
  }

  addInput(bytes: number): void {
    this.#in += bytes;
  }

  /** @throws EngineError `limit-exceeded`. */
  addOutput(bytes: number): void {
    this.#out += bytes;
    const { maxBytes, freeBytes, maxRatio } = this.#limits;
    const limit = Math.min(maxBytes, Math.max(freeBytes, this.#in * maxRatio));
    if (this.#out > limit)
      throw new EngineError('limit-exceeded', this.#subject, `it unpacks to more than ${limit} bytes`);
  }
}
