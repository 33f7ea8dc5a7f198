import { readdirSync } from 'node:fs';
import { openDiskStore } from '../../src/engine/store/openDiskStore.ts';
import { tempDir } from '../support/tempDir.ts';
import { describeBlobStore } from './blobStoreContract.ts';

describeBlobStore('on disk', async () => {
  const { blobs, leases, places } = await openDiskStore(tempDir().path);
  return { blobs, lease: leases.take(), leftovers: () => readdirSync(places.temporary) };
});
