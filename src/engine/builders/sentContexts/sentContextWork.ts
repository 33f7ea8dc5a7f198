import { randomUUID } from 'node:crypto';
import { threadChannel } from '../../base/jobChannel.ts';
import { JobPool } from '../../base/jobPool.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildahContext } from '../../build/buildah/buildahInput.ts';
import type { ClassicContext } from '../../build/classic/classicInput.ts';
import {
  type BuildahContextRequest,
  type ClassicContextRequest,
  type SentContextJobs,
  sentContextJobs,
} from './sentContextJobs.ts';

/** Contexts as the classic builder and buildah read them, beside the caller. Each is opened for one prediction. */
export interface SentContextWork extends AsyncDisposable {
  classic(request: Omit<ClassicContextRequest, 'prediction'>): ClassicContext;
  buildah(request: Omit<BuildahContextRequest, 'prediction'>): BuildahContext;
}

/** On a thread of its own, started when needed. @param worker the entry of the worker threads. */
export function sentContextsBeside(worker: string): SentContextWork {
  const pool = new JobPool<SentContextJobs>({
    start: () => threadChannel(worker, {}),
    size: 1,
    jobsPerWorker: 16,
    idleMs: 5 * 60_000,
  });
  return workBy(
    (name, request, options) => pool.run(name, request, options),
    () => pool[Symbol.asyncDispose](),
  );
}

/** Where it is asked for: for tests, and for a command line. */
export function sentContextsInPlace(): SentContextWork {
  const jobs = sentContextJobs();
  return workBy(
    async (name, request, { signal = never } = {}) =>
      jobs[name](request, { signal, onProgress: () => undefined }),
    () => Promise.resolve(),
  );
}

const never = new AbortController().signal;

type Ask = <Name extends keyof SentContextJobs>(
  name: Name,
  request: SentContextJobs[Name]['request'],
  options?: CallOptions,
) => Promise<SentContextJobs[Name]['result']>;

function workBy(ask: Ask, dispose: () => Promise<void>): SentContextWork {
  return {
    classic: (request) => {
      const prediction = randomUUID();
      return { sum: (sources, options) => ask('classicSum', { ...request, prediction, sources }, options) };
    },
    buildah: (request) => {
      const prediction = randomUUID();
      return {
        digests: (question, settings, options) =>
          ask('buildahDigests', { ...request, prediction, question, settings }, options),
      };
    },
    [Symbol.asyncDispose]: dispose,
  };
}
