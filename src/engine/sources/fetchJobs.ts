import type { JobContext } from '../base/jobServer.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { BlobCache } from './blobCache.ts';
import { fetchContent, type FetchContentRequest } from './contentStore/fetchContent.ts';
import { type PackedBlob, packLayer, type PackLayerRequest } from './packLayer.ts';
import type { LoadResult } from './dockerEngine/engineApi.ts';
import { loadEngineImages, type LoadEngineImagesRequest } from './dockerEngine/loadEngineImages.ts';
import {
  type SavedEngineImage,
  saveEngineImage,
  type SaveEngineImageRequest,
} from './dockerEngine/saveEngineImage.ts';
import {
  fetchBlob,
  type FetchBlobRequest,
  fetchRange,
  type FetchRangeRequest,
} from './registry/fetchBlob.ts';

/** What a thread that fetches is given when it starts. */
export interface FetchPlace {
  /** Of the {@link BlobCache}. */
  readonly fetchedDirectory: string;
}

/**
 * Work that fetches or sends: it waits for the network, and hashes and unpacks what comes. Requests are plain data. A new
 * job is a line here and a line in {@link fetchJobs}.
 */
export interface FetchJobs {
  readonly fetchBlob: { readonly request: FetchBlobRequest; readonly result: BlobLocation };
  readonly fetchRange: { readonly request: FetchRangeRequest; readonly result: BlobLocation };
  readonly fetchContent: { readonly request: FetchContentRequest; readonly result: BlobLocation };
  readonly packLayer: { readonly request: PackLayerRequest; readonly result: PackedBlob };
  readonly saveEngineImage: { readonly request: SaveEngineImageRequest; readonly result: SavedEngineImage };
  readonly loadEngineImages: { readonly request: LoadEngineImagesRequest; readonly result: LoadResult };
  /** Keeps the cache within its limit. */
  readonly trimFetched: { readonly request: { readonly maxBytes?: number }; readonly result: undefined };
}

/** How each job is done. None of them gives a stream of bytes: what comes goes to the disk. */
export type FetchHandlers = {
  readonly [Name in keyof FetchJobs]: (
    request: FetchJobs[Name]['request'],
    context: JobContext,
  ) => Promise<FetchJobs[Name]['result']>;
};

export function fetchJobs({ fetchedDirectory: directory }: FetchPlace): FetchHandlers {
  const cache = new BlobCache({ directory });
  return {
    fetchBlob: (request, context) => fetchBlob(cache, request, context),
    fetchRange: (request, context) => fetchRange(cache, request, context),
    fetchContent: (request, context) => fetchContent(cache, request, context),
    packLayer: (request, context) => packLayer(cache, request, context),
    saveEngineImage: (request, context) => saveEngineImage(cache, request, context),
    loadEngineImages: (request, context) => loadEngineImages(request, context),
    trimFetched: async (limits) => {
      await new BlobCache({ directory, ...limits }).evict();
      return undefined;
    },
  };
}
