import { workerData } from 'node:worker_threads';
import { serveJobs } from './engine/base/jobServer.ts';
import { type WorkerJobs, workerJobs } from './engine/layers/layerJobs.ts';
import { openLayersWith } from './engine/layers/layerWork.ts';

// The entry of the worker threads: random reads, hashing, copying.
const { cacheDirectory } = workerData as { readonly cacheDirectory: string };

serveJobs<WorkerJobs>(workerJobs(openLayersWith(cacheDirectory)));
