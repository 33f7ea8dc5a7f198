import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { BlobCache } from '../../../src/engine/sources/blobCache.ts';
import { fetchBeside, fetchInPlace, type FetchWork } from '../../../src/engine/sources/fetchWork.ts';
import { bring, farBlob } from '../../support/fetchedBlobs.ts';
import { tempDir } from '../../support/tempDir.ts';

const worker = fileURLToPath(new URL('../../../src/worker.ts', import.meta.url));
const places: readonly (readonly [name: string, make: (fetchedDirectory: string) => FetchWork])[] = [
  ['on threads', (fetchedDirectory) => fetchBeside(worker, { fetchedDirectory })],
  ['in place', (fetchedDirectory) => fetchInPlace({ fetchedDirectory })],
];

for (const [name, make] of places)
  describe(`work that fetches, ${name}`, function () {
    this.timeout(20_000);

    it('does jobs in the cache of the directory it was given', async () => {
      const cache = new BlobCache({ directory: tempDir().file('fetched') });
      await using work = make(cache.directory);
      const { location } = await bring(cache, farBlob(1));
      const longAgo = Date.now() / 1000 - 10_000;
      await utimes(location.file, longAgo, longAgo);
      await work.run('trimFetched', { maxBytes: 1_000_000 });
      assert.ok(existsSync(location.file));
      await work.run('trimFetched', { maxBytes: 10 });
      assert.ok(!existsSync(location.file));
    });

    it('does not begin what is cancelled, nor anything after it was closed', async () => {
      const work = make(tempDir().file('fetched'));
      const abort = new AbortController();
      abort.abort();
      const cancelled = (error: unknown) => isEngineError(error, 'cancelled');
      await assert.rejects(work.run('trimFetched', {}, { signal: abort.signal }), cancelled);
      await work[Symbol.asyncDispose]();
      await assert.rejects(work.run('trimFetched', {}), cancelled);
    });
  });
