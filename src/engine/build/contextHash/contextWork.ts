import { threadChannel } from '../../base/jobChannel.ts';
import { JobPool } from '../../base/jobPool.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { ContextView } from '../cache/contextView.ts';
import type { ContentSelection } from '../cache/vertex.ts';
import { type ContextAsker, workerContextView } from './workerContextView.ts';
import { type ContextJobs, contextJobs } from './contextJobs.ts';
import type { ContextRequest } from './contextRequest.ts';
import { OpenContexts } from './openContexts.ts';
import { toPlainSources } from './plainSource.ts';
import type { ContextCounts } from './scan.ts';

/**
 * Build contexts, hashed beside the caller and remembered between sessions. There is nothing to open or to close: what
 * is asked about is looked at then, and only what is asked about; after that it is believed to be so until `changed` or
 * `refresh` is called, or it was not asked about for some minutes.
 */
export interface ContextWork extends AsyncDisposable {
  /**
   * A context as a builder counts it.
   *
   * @param lastUpload the name of the upload that this builder's client has it compared with; none when left out or no
   *   longer kept: then everything counts as it is.
   */
  view(context: ContextRequest, lastUpload?: string): ContextView;
  /** Paths that were changed, made or removed, below the context, with `/` between names. Others are not looked at. */
  changed(context: ContextRequest, paths: readonly string[], options?: CallOptions): Promise<ContextCounts>;
  /** Everything that was looked at is looked at again: files whose size, times and inode are the same are not read. */
  refresh(context: ContextRequest, options?: CallOptions): Promise<ContextCounts>;
  /**
   * Keeps what a builder has of a context from now on: after a build that was seen, with what that build read of it. The
   * context is taken as it was last looked at: the caller sees to it that this is what was sent.
   *
   * @throws EngineError `no-space`, `denied` when it cannot be written.
   */
  keepUpload(context: ContextRequest, upload: KeptUpload, options?: CallOptions): Promise<void>;
}

export interface KeptUpload {
  /** A new one for each build: `differences` asks for it. */
  readonly name: string;
  /** The one before, with which this one was compared. */
  readonly lastUpload?: string | undefined;
  /** Everything that the build's needed stages read of the context: no more than that is sent. */
  readonly selections: readonly ContentSelection[];
}

/**
 * On a thread of its own, started when needed, so that reads of layers never wait behind a large context.
 *
 * @param worker the entry of the worker threads, `worker.ts`.
 * @param contextsDirectory Lamina's own, for records and uploads.
 */
export function contextWorkBeside(worker: string, contextsDirectory: string): ContextWork {
  const pool = new JobPool<ContextJobs>({
    start: () => threadChannel(worker, { contextsDirectory }),
    size: 1,
    jobsPerWorker: 64,
    idleMs: 10 * 60_000,
  });
  return workBy(
    (name, request, options) => pool.run(name, request, options),
    () => pool[Symbol.asyncDispose](),
  );
}

/** Does the work where it is asked for: for tests, and for a command line. */
export function contextWorkInPlace(contextsDirectory: string): ContextWork {
  const contexts = new OpenContexts(contextsDirectory);
  const jobs = contextJobs(contexts);
  return workBy(
    (name, request, { signal = never, onProgress = () => undefined } = {}) =>
      jobs[name](request, { signal, onProgress }),
    () => contexts[Symbol.asyncDispose](),
  );
}

const never = new AbortController().signal;

function workBy(ask: ContextAsker, dispose: () => Promise<void>): ContextWork {
  return {
    view: (context, lastUpload) => workerContextView(ask, context, lastUpload),
    changed: (context, paths, options) => ask('contextChanged', { context, paths }, options),
    refresh: (context, options) => ask('contextRefresh', { context }, options),
    keepUpload: async (context, { name, lastUpload, selections }, options) => {
      const sources = toPlainSources(selections.flatMap((each) => each.sources));
      await ask('contextKeep', { context, name, lastUpload, sources }, options);
    },
    [Symbol.asyncDispose]: dispose,
  };
}
