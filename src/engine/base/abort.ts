import { setImmediate } from 'node:timers/promises';
import { EngineError } from './errors.ts';

/** @throws EngineError `cancelled` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, subject: string): void {
  if (signal?.aborted === true) throw new EngineError('cancelled', subject, 'cancelled');
}

/**
 * Lets long synchronous work breathe: between its steps it gives way to what else the process has to do, such as a
 * cancel that has arrived, every 50 ms.
 */
export class Pacer {
  readonly #signal: AbortSignal | undefined;
  readonly #subject: string;
  readonly #onBreath: () => void | Promise<void>;
  #dueMs = performance.now() + intervalMs;

  /** @param onBreath called each time, to report progress; the work waits for it. */
  constructor(
    signal: AbortSignal | undefined,
    subject: string,
    onBreath: () => void | Promise<void> = () => undefined,
  ) {
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
    this.#dueMs = performance.now() + intervalMs;
  }
}

const intervalMs = 50;
