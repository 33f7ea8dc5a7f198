import { avoidGunzipHandle, isGunzipHandleUsable } from './engine/archive/gunzipProbe.ts';
import { serveJobs } from './engine/base/jobServer.ts';
import { type IndexerJobs, indexerJobs } from './engine/layers/layerJobs.ts';
import { documentedZlibOnly } from './engine/layers/layerWork.ts';

// The entry of the child processes that read whole layers.
if (process.argv.includes(documentedZlibOnly)) avoidGunzipHandle();
// Tried before the process says that it is ready: one that dies of it is started again without.
else isGunzipHandleUsable();

serveJobs<IndexerJobs>(indexerJobs);
