// A process that brings blobs into a cache, one after another, until it is killed or has all of them.
import { writeSync } from 'node:fs';
import { BlobCache } from '../../src/engine/sources/blobCache.ts';
import { bring, farBlob } from './fetchedBlobs.ts';

const { directory, seeds, size } = JSON.parse(process.argv[2] ?? '') as {
  readonly directory: string;
  readonly seeds: readonly number[];
  readonly size: number;
};
const cache = new BlobCache({ directory });
for (const seed of seeds) {
  const { location } = await bring(cache, farBlob(seed, size));
  writeSync(1, `${location.size}\n`);
}
