import type { DiskStoreOptions } from '../store/diskStore.ts';
import { openDiskStore } from '../store/openDiskStore.ts';
import { Snapshotter } from './snapshotter.ts';

/**
 * The containers of the store in a directory; the store is made where there is none.
 *
 * @throws EngineError as `openDiskStore`.
 */
export async function openSnapshotter(directory: string, options?: DiskStoreOptions): Promise<Snapshotter> {
  return new Snapshotter(await openDiskStore(directory, options));
}
