import { createHash } from 'node:crypto';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { ByteRange } from '../base/byteRange.ts';
import type { JobHandlers } from '../base/jobServer.ts';
import { copyBlobOn } from '../store/copyBlob.ts';
import type { CopiedBlob, CopyBlobRequest } from '../store/blobStore.ts';
import { nodeDisk } from '../store/nodeDisk.ts';
import { type FileContent, readFileContent } from './fileContent.ts';
import { type DigestAlgorithm, type LayerHashes, hashLayer } from './hashLayer.ts';
import { indexLayer } from './indexLayer.ts';
import type { OpenLayers, ReadableLayer } from './openLayers.ts';

/** What the indexer processes do: long synchronous work, with a native handle that may take its process with it. */
export interface IndexerJobs {
  readonly indexLayer: {
    readonly request: { readonly blob: BlobLocation; readonly destination: string };
    readonly result: undefined;
  };
}

/** What the worker threads do: many short jobs side by side, and long ones that wait for the disk. */
export interface WorkerJobs {
  readonly readFile: {
    readonly request: FileRequest & { readonly range?: ByteRange | undefined };
    readonly result: AsyncIterable<Uint8Array>;
  };
  /** SHA-256 of a file's content, hex. */
  readonly hashFile: { readonly request: FileRequest; readonly result: string };
  readonly hashLayer: {
    readonly request: {
      readonly blob: BlobLocation;
      readonly digest: DigestAlgorithm;
      readonly diffId: DigestAlgorithm;
    };
    readonly result: LayerHashes;
  };
  readonly copyBlob: { readonly request: CopyBlobRequest; readonly result: CopiedBlob };
}

export interface FileRequest {
  readonly layer: ReadableLayer;
  readonly file: FileContent;
}

export const indexerJobs: JobHandlers<IndexerJobs> = {
  indexLayer: async ({ blob, destination }, context) => {
    await indexLayer(blob, destination, context);
    return undefined;
  },
};

/** @param layers is closed by whoever made it. */
export function workerJobs(layers: OpenLayers): JobHandlers<WorkerJobs> {
  const copyBlob = copyBlobOn(nodeDisk);
  const read = ({ layer, file }: FileRequest, range: ByteRange | undefined, signal: AbortSignal) =>
    layers.using(layer, (content) => readFileContent(content, file, range, signal));
  return {
    readFile: (request, { signal }) => read(request, request.range, signal),
    hashFile: async (request, { signal }) => {
      const hash = createHash('sha256');
      for await (const bytes of read(request, undefined, signal)) hash.update(bytes);
      return hash.digest('hex');
    },
    hashLayer: ({ blob, ...algorithms }, context) => hashLayer(blob, algorithms, context),
    copyBlob: (request, context) => copyBlob(request, context),
  };
}
