import { EngineError } from './errors.ts';
import type { OnProgress } from './progress.ts';

/** What is asked of a worker. */
export interface PooledJobParts {
  readonly id: number;
  readonly name: string;
  readonly request: unknown;
  /** How much work it is, in any unit. */
  readonly weight: number;
  readonly onProgress: OnProgress | undefined;
  readonly onChunk: (bytes: Uint8Array) => void;
}

/** One request on its way. */
export class PooledJob {
  readonly id: number;
  readonly name: string;
  readonly request: unknown;
  readonly weight: number;
  readonly result: Promise<unknown>;
  readonly onProgress: OnProgress | undefined;
  readonly onChunk: (bytes: Uint8Array) => void;
  /** Set by the worker that does it. */
  sendTaken: (() => void) | undefined;
  sendCancel: (() => void) | undefined;
  private readonly settle: { resolve?: (value: unknown) => void; reject?: (error: EngineError) => void };
  #unlisten: (() => void) | undefined;
  #isSettled = false;
  #dequeue: (() => void) | undefined;

  constructor({ id, name, request, weight, onProgress, onChunk }: PooledJobParts) {
    this.id = id;
    this.name = name;
    this.request = request;
    this.weight = weight;
    this.onProgress = onProgress;
    this.onChunk = onChunk;
    const settle: PooledJob['settle'] = {};
    this.result = new Promise((resolve, reject) => {
      settle.resolve = resolve;
      settle.reject = reject;
    });
    this.settle = settle;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  listenTo(signal: AbortSignal | undefined, dequeue: () => void): void {
    this.#dequeue = dequeue;
    if (signal === undefined) return;
    const onAbort = (): void => {
      this.cancel();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#unlisten = () => {
      signal.removeEventListener('abort', onAbort);
    };
  }

  taken(): void {
    if (!this.#isSettled) this.sendTaken?.();
  }

  /** The caller is answered at once; the worker stops when it can. Does nothing to a job that is done. */
  cancel(): void {
    if (this.#isSettled) return;
    this.#dequeue?.();
    this.sendCancel?.();
    this.fail(new EngineError('cancelled', this.name, 'cancelled'));
  }

  succeed(value: unknown): void {
    this.#end();
    this.settle.resolve?.(value);
  }

  fail(error: EngineError): void {
    this.#end();
    this.settle.reject?.(error);
  }

  #end(): void {
    this.#isSettled = true;
    this.#unlisten?.();
  }
}
