import path from 'node:path';
import { BlobCache } from './sources/blobCache.ts';
import { fetchBeside, fetchInPlace, type FetchWork } from './sources/fetchWork.ts';
import { entryIn, type WorkPlace } from './startWork.ts';

/** What fetches from engines and registries share: the cache of what was fetched, and who does the work. */
export interface Fetching extends AsyncDisposable {
  readonly cache: BlobCache;
  readonly work: FetchWork;
}

/**
 * Nothing is made or started before the first fetch.
 *
 * @param storeDirectory the cache lies beside the store's blobs: what was fetched gets a second name there, not a copy.
 */
export function startFetching({ bundles }: WorkPlace, storeDirectory: string): Fetching {
  const fetchedDirectory = path.join(storeDirectory, 'fetched', 'v1');
  const cache = new BlobCache({ directory: fetchedDirectory });
  const work =
    bundles === undefined
      ? fetchInPlace({ fetchedDirectory })
      : fetchBeside(entryIn(bundles, 'worker'), { fetchedDirectory });
  return { cache, work, [Symbol.asyncDispose]: () => Promise.resolve(work[Symbol.asyncDispose]()) };
}
