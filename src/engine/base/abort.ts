import { setImmediate } from 'node:timers/promises';
import { EngineError } from './errors.ts';

/** @throws EngineError `cancelled` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted === true) throw new EngineError('cancelled', subject, 'cancelled');
}

/** Waits for work that goes on for others when this caller stops waiting. @throws EngineError `cancelled` then. */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  subject: string,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new EngineError('cancelled', subject, 'cancelled'));
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}

/**
 * Lets long synchronous work breathe: between its steps it gives way to what else the process has to do, such as a
 * cancel that has arrived, every so often.
 */
export class Pacer {
  readonly #signal: AbortSignal | undefined;
  readonly #subject: string;
  readonly #onBreath: () => void | Promise<void>;
  readonly #intervalMs: number;
  #dueMs: number;

  /**
   * @param onBreath called each time, to report progress; the work waits for it.
   * @param intervalMs 50 for work in a process of its own; `hostSliceMs` where an editor waits meanwhile.
   */
  constructor(
    signal: AbortSignal | undefined,
    subject: string,
    onBreath: () => void | Promise<void> = () => undefined,
    intervalMs = 50,
  ) {
    this.#intervalMs = intervalMs;
    this.#dueMs = performance.now() + intervalMs;
    this.#signal = signal;
    this.#subject = subject;
    this.#onBreath = onBreath;
  }

  /** Returns a promise only when it is time. @throws EngineError `cancelled`. */
  breathe(): Promise<void> | undefined {
    return performance.now() < this.#dueMs ? undefined : this.#giveWay();
  }

  async #giveWay(): Promise<void> {
    await this.#onBreath();
    await setImmediate();
    throwIfAborted(this.#signal, this.#subject);
    this.#dueMs = performance.now() + this.#intervalMs;
  }
}

/** How long work on an extension host's thread may go on before it gives way. */
export const hostSliceMs = 8;

/** Takes every item, and breathes between them. @throws EngineError `cancelled`. */
export async function forEachPaced<T>(
  items: Iterable<T>,
  pacer: Pacer,
  take: (item: T) => void,
): Promise<void> {
  for (const item of items) {
    take(item);
    const breath = pacer.breathe();
    // Waiting for nothing would still cost a turn for each item.
    if (breath !== undefined) await breath;
  }
}
