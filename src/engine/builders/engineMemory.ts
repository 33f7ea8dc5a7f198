import type { Disposable } from '../base/event.ts';
import type { EngineEvents } from '../sources/dockerEngine/engineEvents.ts';

/** Records of a cache go without an event. Milliseconds. */
const keptMs = 10_000;

/** Asks, or gives what was answered to the same question a moment ago. */
export type Remembering = <T>(key: string, ask: () => Promise<T>) => Promise<T>;

/**
 * What an engine said a moment ago, as long as somebody looks after a context and the engine's events tell that nothing has
 * changed there: a save asks it nothing again. Otherwise every question is asked.
 */
export class EngineMemory {
  readonly #events: Pick<EngineEvents, 'onNews' | 'state'>;
  readonly #answers = new Map<string, { readonly value: unknown; readonly atMs: number }>();
  #holders = 0;
  #generation = 0;
  #hearing: Disposable | undefined;

  constructor(events: Pick<EngineEvents, 'onNews' | 'state'>) {
    this.#events = events;
  }

  /** Answers are kept until it is disposed. */
  hold(): Disposable {
    this.#holders++;
    this.#hearing ??= this.#events.onNews(() => {
      this.forget();
    });
    let isHeld = true;
    return {
      dispose: () => {
        if (isHeld && --this.#holders === 0) this.#end();
        isHeld = false;
      },
    };
  }

  /** Something has changed there. */
  forget(): void {
    this.#generation++;
    this.#answers.clear();
  }

  /** @param key names the question; equal keys have answers of one type. */
  readonly remember: Remembering = async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = this.#answers.get(key);
    // The key's question gave it.
    if (known !== undefined && this.#isLive && performance.now() - known.atMs < keptMs)
      return known.value as T;
    const generation = this.#generation;
    const value = await ask();
    if (generation === this.#generation && this.#isLive)
      this.#answers.set(key, { value, atMs: performance.now() });
    return value;
  };

  get #isLive(): boolean {
    return this.#hearing !== undefined && this.#events.state.kind === 'connected';
  }

  #end(): void {
    this.#hearing?.dispose();
    this.#hearing = undefined;
    this.forget();
  }
}
