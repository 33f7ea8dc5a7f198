import { EngineError } from './errors.ts';
import type { JobChannel } from './jobChannel.ts';
import { type FromWorker, fromFailure } from './jobProtocol.ts';
import type { PooledJob } from './pooledJob.ts';

export interface Patience {
  /** A worker without work ends after so long. */
  readonly idleMs?: number;
  /** A cancelled job that goes on for so long takes its worker with it. */
  readonly stubbornMs?: number;
}

export interface PoolWorkerEvents {
  /** A job is done. */
  readonly onFree: () => void;
  /** The worker is gone; before it was ready it had not begun its jobs, which are given back. */
  readonly onExit: (wasReady: boolean, notBegun: readonly PooledJob[], reason: string) => void;
}

/** One worker of a pool and the jobs it does. */
export class PoolWorker {
  readonly #channel: JobChannel;
  readonly #patience: Patience;
  readonly #events: PoolWorkerEvents;
  readonly #jobs = new Map<number, PooledJob>();
  #isReady = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(channel: JobChannel, patience: Patience, events: PoolWorkerEvents) {
    this.#channel = channel;
    this.#patience = patience;
    this.#events = events;
    channel.onMessage((message) => {
      this.#take(message);
    });
    channel.onExit((reason) => {
      this.#exit(reason);
    });
  }

  get jobCount(): number {
    return this.#jobs.size;
  }

  run(job: PooledJob): void {
    clearTimeout(this.#idle);
    this.#channel.setBusy(true);
    this.#jobs.set(job.id, job);
    job.sendTaken = () => {
      this.#channel.send({ kind: 'taken', id: job.id });
    };
    job.sendCancel = () => {
      this.#cancel(job);
    };
    this.#channel.send({ kind: 'run', id: job.id, job: job.name, request: job.request });
  }

  close(): void {
    clearTimeout(this.#idle);
    for (const job of this.#jobs.values()) job.cancel();
    this.#channel.kill();
  }

  #take(message: FromWorker): void {
    if (message.kind === 'ready') {
      this.#isReady = true;
      return;
    }
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.kind === 'done' || message.kind === 'failed') this.#finish(job);
    // A cancelled job has been answered already.
    if (job.isSettled) return;
    if (message.kind === 'progress') job.onProgress?.(message.report);
    else if (message.kind === 'chunk') job.onChunk(message.bytes);
    else if (message.kind === 'done') job.succeed(message.result);
    else job.fail(fromFailure(message.failure));
  }

  #finish(job: PooledJob): void {
    this.#jobs.delete(job.id);
    if (this.#jobs.size === 0) this.#rest();
    this.#events.onFree();
  }

  #rest(): void {
    this.#channel.setBusy(false);
    this.#idle = setTimeout(() => {
      this.#channel.kill();
    }, this.#patience.idleMs ?? 10_000);
    this.#idle.unref();
  }

  #cancel(job: PooledJob): void {
    this.#channel.send({ kind: 'cancel', id: job.id });
    setTimeout(() => {
      if (this.#jobs.has(job.id)) this.#channel.kill();
    }, this.#patience.stubbornMs ?? 5000).unref();
  }

  #exit(reason: string): void {
    clearTimeout(this.#idle);
    const jobs = [...this.#jobs.values()].filter((job) => !job.isSettled);
    this.#jobs.clear();
    if (this.#isReady)
      for (const job of jobs) job.fail(new EngineError('internal', job.name, `its process died: ${reason}`));
    this.#events.onExit(this.#isReady, this.#isReady ? [] : jobs, reason);
  }
}
