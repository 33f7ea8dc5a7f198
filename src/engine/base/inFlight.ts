import { EngineError } from './errors.ts';
import type { CallOptions, OnProgress } from './progress.ts';

/** Starts work that several callers may come to wait for; its progress goes to all of them. */
export type StartShared<T> = (options: {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}) => Promise<T>;

/** Work that is under way, by name: callers that want the same share it, and the last that cancels gives it up. */
export class InFlight<T> {
  readonly #works = new Map<string, SharedWork<T>>();

  /** @throws what the work failed with; EngineError `cancelled` when the caller's own signal fires. */
  run(name: string, start: StartShared<T>, options: CallOptions = {}): Promise<T> {
    const known = this.#works.get(name);
    if (known !== undefined && !known.isAbandoned) return known.join(name, options);
    const work = new SharedWork(start);
    this.#works.set(name, work);
    const forget = (): void => {
      if (this.#works.get(name) === work) this.#works.delete(name);
    };
    work.result.then(forget, forget);
    return work.join(name, options);
  }
}

/** One piece of work that several callers wait for; aborted when all of them have cancelled. */
export class SharedWork<T> {
  readonly result: Promise<T>;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<OnProgress>();
  #waiting = 0;

  constructor(start: StartShared<T>) {
    this.result = start({
      signal: this.#abort.signal,
      onProgress: (report) => {
        for (const listen of [...this.#listeners]) listen(report);
      },
    });
    // Whoever joined reports the failure; without a joiner it has no meaning.
    this.result.catch(() => undefined);
  }

  /** Whether every caller has cancelled: it must not be joined any more. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** @throws what the work failed with; EngineError `cancelled` about `subject`. */
  async join(subject: string, { signal, onProgress }: CallOptions): Promise<T> {
    this.#waiting++;
    // A wrapper, so that one function given by two callers is two listeners.
    const listen: OnProgress = (report) => onProgress?.(report);
    this.#listeners.add(listen);
    let leave: (() => void) | undefined;
    const cancelled = new Promise<never>((_, reject) => {
      leave = () => {
        reject(new EngineError('cancelled', subject, 'cancelled'));
      };
      if (signal?.aborted === true) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([this.result, cancelled]);
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave);
      this.#listeners.delete(listen);
      if (--this.#waiting === 0) this.#abort.abort();
    }
  }
}
