import type { Disposable } from '../base/event.ts';
import type { AskedEngine } from './askedEngine.ts';

/** Keeps the engines that statuses ask heard, as long as somebody looks after a context: what they have may change. */
export class EngineHearing {
  readonly #hearers = new Set<(engine: AskedEngine) => void>();

  /** From now on engines that are asked are heard, until it is disposed. */
  begin(): Disposable {
    const hearing = new Map<AskedEngine, Disposable>();
    const hear = (engine: AskedEngine): void => {
      if (!hearing.has(engine)) hearing.set(engine, engine.memory.hold());
    };
    this.#hearers.add(hear);
    return {
      dispose: () => {
        this.#hearers.delete(hear);
        for (const each of hearing.values()) each.dispose();
      },
    };
  }

  ask(engine: AskedEngine): void {
    for (const hear of this.#hearers) hear(engine);
  }
}
