import { isEngineError, toEngineError } from '../base/errors.ts';
import { systemCodeOf, unlessAbsent } from './disk.ts';
import { type DiskStore, diskStoreAt, type DiskStoreOptions } from './diskStore.ts';
import { recoverIndex } from './recoverIndex.ts';
import { removeLeftovers } from './removeLeftovers.ts';
import { replaceFile } from './replaceFile.ts';
import { isMarker, markerText } from './storeMarker.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * Opens the store in a directory, which is made when it is not there. A damaged or missing index is put right from its
 * copy, the damaged one set aside, and what crashed processes left is cleared away.
 *
 * A store that may only be read is opened for reading.
 *
 * @throws EngineError `damaged` when neither `index.json` nor its copy can be read; `denied`.
 */
export async function openDiskStore(directory: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
  const store = diskStoreAt(directory, options);
  try {
    if (!(await isSound(store))) await prepare(store);
    await removeLeftovers(store).catch(ignoreDenied);
    return store;
  } catch (error) {
    throw toEngineError(error, directory);
  }
}

/** Whether the store is there, with its marker and a readable index. */
async function isSound({ disk, places, refs }: DiskStore): Promise<boolean> {
  const marker = await unlessAbsent(readWholeFile(disk, places.marker, 4096));
  if (marker === undefined || !isMarker(marker)) return false;
  try {
    await refs.read();
    return true;
  } catch (error) {
    if (isEngineError(error, 'damaged') || systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Every step leaves a sound store alone, so that several processes may do this at once, and again after a crash. */
async function prepare(store: DiskStore): Promise<void> {
  const { disk, places } = store;
  for (const folder of [places.blobs, places.temporary, places.leases]) await disk.makeDirectory(folder);
  await recoverIndex(store);
  await replaceFile(disk, places, places.marker, Buffer.from(markerText));
}

function ignoreDenied(error: unknown): void {
  if (!isEngineError(toEngineError(error, ''), 'denied')) throw error;
}
