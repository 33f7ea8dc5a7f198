import { throwIfAborted } from '../base/abort.ts';
import { threadChannel } from '../base/jobChannel.ts';
import { type JobOptions, JobPool } from '../base/jobPool.ts';
import type { JobContext } from '../base/jobServer.ts';
import { type FetchHandlers, type FetchJobs, type FetchPlace, fetchJobs } from './fetchJobs.ts';

/** Does {@link FetchJobs}, wherever that is. */
export interface FetchWork extends AsyncDisposable {
  /** @throws EngineError what the job failed with; `cancelled`. */
  run<Name extends keyof FetchJobs>(
    name: Name,
    request: FetchJobs[Name]['request'],
    options?: JobOptions,
  ): Promise<FetchJobs[Name]['result']>;
}

/**
 * Fetches on threads of their own, started when needed, so that reads of files never wait behind a transfer. Each does
 * several jobs, which mostly wait for the network.
 *
 * @param worker the entry of the worker threads, `worker.ts`.
 */
export function fetchBeside(worker: string, workerData: FetchPlace): FetchWork {
  return new JobPool<FetchJobs>({
    start: () => threadChannel(worker, workerData),
    size: 3,
    jobsPerWorker: 4,
    idleMs: 30_000,
  });
}

/** Fetches on the thread that asks: for tests, and for a command line without bundles. */
export function fetchInPlace(place: FetchPlace): FetchWork {
  const jobs: FetchHandlers = fetchJobs(place);
  const closed = new AbortController();
  return {
    run: async (name, request, options) => {
      const context = contextOf(closed.signal, options);
      throwIfAborted(context.signal, name);
      return jobs[name](request, context);
    },
    [Symbol.asyncDispose]: () => {
      closed.abort();
      return Promise.resolve();
    },
  };
}

function contextOf(closed: AbortSignal, { signal, onProgress }: JobOptions = {}): JobContext {
  return {
    signal: signal === undefined ? closed : AbortSignal.any([signal, closed]),
    onProgress: onProgress ?? (() => undefined),
  };
}
