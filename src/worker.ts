import { workerData } from 'node:worker_threads';
import { serveJobs } from './engine/base/jobServer.ts';
import { type WorkerJobs, workerJobs } from './engine/layers/layerJobs.ts';
import { openLayersWith } from './engine/layers/layerWork.ts';
import { type FetchJobs, fetchJobs } from './engine/sources/fetchJobs.ts';

// The entry of the worker threads: random reads, hashing, copying; and of those that fetch.
// Each thread is given the directories of its own jobs.
const { cacheDirectory = '', fetchedDirectory = '' } = workerData as {
  readonly cacheDirectory?: string;
  readonly fetchedDirectory?: string;
};

serveJobs<WorkerJobs & FetchJobs>({
  ...workerJobs(openLayersWith(cacheDirectory)),
  ...fetchJobs({ fetchedDirectory }),
});
