import type { Engine } from '../engine/index.ts';

/** The engine, made when something first asks for it, and made anew after it was closed. */
export class LazyEngine {
  readonly #make: () => Engine;
  #engine: Engine | undefined;

  constructor(make: () => Engine) {
    this.#make = make;
  }

  get engine(): Engine {
    return (this.#engine ??= this.#make());
  }

  /** Ends what runs. Closing what was never made does nothing. */
  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await engine?.[Symbol.asyncDispose]();
  }
}
