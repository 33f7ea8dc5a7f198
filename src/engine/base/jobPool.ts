import { EngineError } from './errors.ts';
import type { JobChannel } from './jobChannel.ts';
import type { JobTable } from './jobProtocol.ts';
import { PooledJob } from './pooledJob.ts';
import { type Patience, PoolWorker } from './poolWorker.ts';
import type { CallOptions } from './progress.ts';

const maxCrashesAtStart = 2;

export interface JobPoolOptions extends Patience {
  /**
   * Starts a worker.
   *
   * @param crashesAtStart workers in a row that died before they were ready; a worker may be started more carefully.
   */
  readonly start: (crashesAtStart: number) => JobChannel;
  /** Workers at most; they are started when needed. */
  readonly size: number;
  /** Jobs one worker does at once; 1 when left out. */
  readonly jobsPerWorker?: number;
}

export interface JobOptions extends CallOptions {
  /** `seen` is work a person waits for and goes first. */
  readonly priority?: 'seen' | 'background';
  /** Fires when a background job has become one that a person waits for. */
  readonly seen?: AbortSignal;
  /** How much work it is, in any unit: of jobs that wait alike, the largest goes first, so that none is left for the end. */
  readonly weight?: number | undefined;
}

/**
 * Runs jobs on a few workers, the seen before the background ones. A worker that crashes fails the jobs it had and is
 * replaced. An idle pool keeps no process alive.
 */
export class JobPool<Jobs extends JobTable<Jobs>> implements AsyncDisposable {
  readonly #options: JobPoolOptions;
  readonly #workers = new Set<PoolWorker>();
  readonly #queues = { seen: new Set<PooledJob>(), background: new Set<PooledJob>() };
  #crashesAtStart = 0;
  #lastId = 0;
  #isClosed = false;
  #willAssign = false;

  constructor(options: JobPoolOptions) {
    this.#options = options;
  }

  /** @throws EngineError what the job failed with; `cancelled`; `internal` when its worker crashed. */
  async run<Name extends keyof Jobs & string>(
    name: Name,
    request: Jobs[Name]['request'],
    options: JobOptions = {},
  ): Promise<Jobs[Name]['result']> {
    return this.#submit(name, request, options, () => undefined).result;
  }

  /** The bytes of a job that gives a stream; leaving the loop cancels it. */
  async *stream<Name extends keyof Jobs & string>(
    name: Name,
    request: Jobs[Name]['request'],
    options: JobOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let wake: (() => void) | undefined;
    const job = this.#submit(name, request, options, (bytes) => {
      chunks.push(bytes);
      wake?.();
    });
    const done = job.result.finally(() => wake?.());
    done.catch(() => undefined);
    try {
      for (;;) {
        const bytes = chunks.shift();
        if (bytes !== undefined) {
          job.taken();
          yield bytes;
        } else if (job.isSettled) break;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      await done;
    } finally {
      job.cancel();
    }
  }

  /** Cancels what runs and ends the workers. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const queue of Object.values(this.#queues)) for (const job of queue) job.cancel();
    for (const worker of this.#workers) worker.close();
    return Promise.resolve();
  }

  #submit(
    name: string,
    request: unknown,
    { signal, onProgress, priority = 'seen', seen, weight = 0 }: JobOptions,
    onChunk: (bytes: Uint8Array) => void,
  ): PooledJob {
    const job = new PooledJob({ id: ++this.#lastId, name, request, weight, onProgress, onChunk });
    if (this.#isClosed) job.fail(new EngineError('cancelled', name, 'the engine is closed'));
    else if (signal?.aborted === true) job.cancel();
    else {
      this.#queues[priority].add(job);
      job.listenTo(signal, () => this.#queues.seen.delete(job) || this.#queues.background.delete(job));
      seen?.addEventListener('abort', () => {
        if (this.#queues.background.delete(job)) this.#queues.seen.add(job);
      });
      this.#assignSoon();
    }
    return job;
  }

  /** When the caller's turn is over: it may have more to submit. */
  #assignSoon(): void {
    if (this.#willAssign) return;
    this.#willAssign = true;
    setImmediate(() => {
      this.#willAssign = false;
      this.#assign();
    });
  }

  #assign(): void {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const worker = this.#freeWorker();
      if (worker === undefined && this.#workers.size >= this.#options.size) return;
      this.#queues.seen.delete(job);
      this.#queues.background.delete(job);
      (worker ?? this.#startWorker()).run(job);
      // Starting a process holds the thread for some milliseconds: one at a time.
      if (worker === undefined) {
        this.#assignSoon();
        return;
      }
    }
  }

  /** The job that goes first. */
  #next(): PooledJob | undefined {
    for (const queue of [this.#queues.seen, this.#queues.background]) {
      let first: PooledJob | undefined;
      for (const job of queue)
        if (job.isSettled) queue.delete(job);
        else if (first === undefined || job.weight > first.weight) first = job;
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The worker with the least to do; undefined where a new one is better than a second job for a busy one. */
  #freeWorker(): PoolWorker | undefined {
    const most = this.#options.jobsPerWorker ?? 1;
    const [least] = [...this.#workers].sort((a, b) => a.jobCount - b.jobCount);
    if (least === undefined || least.jobCount === 0) return least;
    return this.#workers.size < this.#options.size || least.jobCount >= most ? undefined : least;
  }

  #startWorker(): PoolWorker {
    const channel = this.#options.start(this.#crashesAtStart);
    const worker = new PoolWorker(channel, this.#options, {
      onFree: () => {
        this.#assign();
      },
      onExit: (wasReady, notBegun, reason) => {
        this.#workers.delete(worker);
        this.#crashesAtStart = wasReady ? 0 : this.#crashesAtStart + 1;
        for (const job of notBegun) this.#retry(job, reason);
        this.#assign();
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  #retry(job: PooledJob, reason: string): void {
    if (this.#crashesAtStart <= maxCrashesAtStart && !this.#isClosed) this.#queues.seen.add(job);
    else job.fail(new EngineError('internal', job.name, `its process cannot be started: ${reason}`));
  }
}
