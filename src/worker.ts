import { workerData } from 'node:worker_threads';
import { serveJobs } from './engine/base/jobServer.ts';
import { type ContextJobs, contextJobs } from './engine/build/contextHash/contextJobs.ts';
import { OpenContexts } from './engine/build/contextHash/openContexts.ts';
import { type SentContextJobs, sentContextJobs } from './engine/builders/sentContexts/sentContextJobs.ts';
import { type WorkerJobs, workerJobs } from './engine/layers/layerJobs.ts';
import { openLayersWith } from './engine/layers/layerWork.ts';
import { type ContainerJobs, containerJobs } from './engine/snapshots/containerJobs.ts';
import { type FetchJobs, fetchJobs } from './engine/sources/fetchJobs.ts';

// The entry of the worker threads: random reads, hashing, copying; of those that fetch; of the one that packs containers;
// and of the one that hashes build contexts.
// Each thread is given the directories of its own jobs.
const {
  cacheDirectory = '',
  fetchedDirectory = '',
  contextsDirectory = '',
} = workerData as {
  readonly cacheDirectory?: string;
  readonly fetchedDirectory?: string;
  readonly contextsDirectory?: string;
};

const layers = openLayersWith(cacheDirectory);

serveJobs<WorkerJobs & FetchJobs & ContainerJobs & ContextJobs & SentContextJobs>({
  ...workerJobs(layers),
  ...containerJobs(layers),
  ...fetchJobs({ fetchedDirectory }),
  ...contextJobs(new OpenContexts(contextsDirectory)),
  ...sentContextJobs(),
});
