import { availableParallelism } from 'node:os';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { ByteRange } from '../base/byteRange.ts';
import { forkChannel, threadChannel } from '../base/jobChannel.ts';
import { JobPool } from '../base/jobPool.ts';
import type { JobContext } from '../base/jobServer.ts';
import type { CallOptions } from '../base/progress.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { DigestAlgorithm, LayerHashes } from './hashLayer.ts';
import { type FileRequest, type IndexerJobs, type WorkerJobs, indexerJobs, workerJobs } from './layerJobs.ts';
import type { BuildLayerIndex } from './layerIndexes.ts';
import { OpenLayers } from './openLayers.ts';
import { SpanCache } from './spanCache.ts';
import { TarCache } from './tarCache.ts';

/** The heavy work on layers, wherever it is done. */
export interface LayerWork extends AsyncDisposable {
  readonly buildIndex: BuildLayerIndex;
  readonly copyBlob: CopyBlob;
  /** A file's bytes or a range of them, see `readFileContent`. */
  readFile(request: FileRequest, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** SHA-256 of a file's content, hex. */
  hashFile(request: FileRequest, options?: CallOptions): Promise<string>;
  /** See `hashLayer`. */
  hashLayer(
    blob: BlobLocation,
    algorithms: { readonly digest: DigestAlgorithm; readonly diffId: DigestAlgorithm },
    options?: CallOptions,
  ): Promise<LayerHashes>;
}

/** The bundled entries of the processes and threads. */
export interface WorkEntries {
  readonly indexer: string;
  readonly worker: string;
}

/** Does the work beside the caller: layers are read by child processes, everything else is done by worker threads. */
export function workBeside(entries: WorkEntries, cacheDirectory: string): LayerWork {
  const cores = availableParallelism();
  const indexers = new JobPool<IndexerJobs>({
    start: (crashes) => forkChannel(entries.indexer, crashes === 0 ? [] : [documentedZlibOnly]),
    size: Math.min(cores, 4),
  });
  const workers = new JobPool<WorkerJobs>({
    start: () => threadChannel(entries.worker, { cacheDirectory }),
    size: Math.min(cores, 2),
    jobsPerWorker: 16,
    idleMs: 60_000,
  });
  return {
    buildIndex: async (blob, destination, options) => {
      await indexers.run('indexLayer', { blob, destination }, { ...options, weight: blob.size });
    },
    copyBlob: (request, options) => workers.run('copyBlob', request, options),
    readFile: (request, range, options) => workers.stream('readFile', { ...request, range }, options),
    hashFile: (request, options) => workers.run('hashFile', request, options),
    hashLayer: (blob, algorithms, options) => workers.run('hashLayer', { blob, ...algorithms }, options),
    [Symbol.asyncDispose]: async () => {
      await indexers[Symbol.asyncDispose]();
      await workers[Symbol.asyncDispose]();
    },
  };
}

/** An indexer's argument after one has crashed at its start: the native zlib handle is not even tried. */
export const documentedZlibOnly = '--documented-zlib-only';

/** Does the work where it is asked for: for tests, and for a command line whose layers are small. */
export function workInPlace(cacheDirectory: string): LayerWork {
  const layers = openLayersWith(cacheDirectory);
  const jobs = workerJobs(layers);
  return {
    buildIndex: async (blob, destination, options) => {
      await indexerJobs.indexLayer({ blob, destination }, contextOf(options));
    },
    copyBlob: (request, options) => jobs.copyBlob(request, contextOf(options)),
    readFile: (request, range, options) => jobs.readFile({ ...request, range }, contextOf(options)),
    hashFile: (request, options) => jobs.hashFile(request, contextOf(options)),
    hashLayer: (blob, algorithms, options) => jobs.hashLayer({ blob, ...algorithms }, contextOf(options)),
    [Symbol.asyncDispose]: () => layers[Symbol.asyncDispose](),
  };
}

function contextOf({ signal, onProgress }: CallOptions = {}): JobContext {
  return { signal: signal ?? never, onProgress: onProgress ?? (() => undefined) };
}

const never = new AbortController().signal;

/** @param cacheDirectory for unpacked tars of layers that cannot be entered in the middle. */
export function openLayersWith(cacheDirectory: string): OpenLayers {
  return new OpenLayers({ spans: new SpanCache(), tars: new TarCache({ directory: cacheDirectory }) });
}
