import { threadChannel } from '../base/jobChannel.ts';
import { JobPool } from '../base/jobPool.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerJobs, PackContainerRequest } from './containerJobs.ts';
import type { PackedLayer } from './packContainer.ts';

/** The heavy work on containers, done beside the caller. */
export interface ContainerWork extends AsyncDisposable {
  pack(request: PackContainerRequest, options?: CallOptions): Promise<PackedLayer | undefined>;
}

/**
 * Packs on a thread of its own, started when needed, so that reads of files never wait behind a commit.
 *
 * @param worker the entry of the worker threads, `worker.ts`.
 * @param cacheDirectory for unpacked tars of layers that cannot be entered in the middle.
 */
export function containerWorkBeside(worker: string, cacheDirectory: string): ContainerWork {
  const pool = new JobPool<ContainerJobs>({
    start: () => threadChannel(worker, { cacheDirectory }),
    size: 1,
    jobsPerWorker: 4,
    idleMs: 30_000,
  });
  return {
    pack: (request, options) => pool.run('packContainer', request, options),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
