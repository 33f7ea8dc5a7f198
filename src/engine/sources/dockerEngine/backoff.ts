export interface BackoffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Between 0 and 1; Math.random but in tests. */
  readonly random: () => number;
}

export const engineBackoff: BackoffLimits = { firstMs: 500, lastMs: 30_000, random: Math.random };

/** Pauses that double up to a limit, each a little off, so that many windows do not knock together. */
export class Backoff {
  readonly #limits: BackoffLimits;
  #tries = 0;

  constructor(limits: BackoffLimits = engineBackoff) {
    this.#limits = limits;
  }

  /** How often it was waited since the last success. */
  get tries(): number {
    return this.#tries;
  }

  nextMs(): number {
    const { firstMs, lastMs, random } = this.#limits;
    const fullMs = Math.min(lastMs, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    return Math.max(firstMs, fullMs * (0.75 + random() / 4));
  }

  reset(): void {
    this.#tries = 0;
  }
}
