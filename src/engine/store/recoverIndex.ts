import { join } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { unlessAbsent } from './disk.ts';
import type { DiskStore } from './diskStore.ts';
import { formatBackup, indexOfBackup } from './indexBackup.ts';
import { replaceFile } from './replaceFile.ts';
import { emptyIndex, formatStoreIndex, indexLimit, parseStoreIndex, type StoreIndex } from './storeIndex.ts';
import { randomName } from './storePlaces.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * Puts a missing or damaged `index.json` right: from its copy or, where nothing was ever stored, as an empty one. A
 * sound index stays; a damaged one is set aside in `corrupt`.
 *
 * @throws EngineError `damaged` when the copy cannot be read either.
 */
export async function recoverIndex(store: DiskStore): Promise<void> {
  const { disk, places, lock } = store;
  await lock.run(async () => {
    const bytes = await unlessAbsent(readWholeFile(disk, places.index, indexLimit));
    if (bytes !== undefined && isIndex(bytes)) return;
    const index = (await indexFromBackup(store)) ?? (await emptyIfNew(store, bytes));
    if (bytes !== undefined) {
      await disk.makeDirectory(places.corrupt);
      await disk.rename(places.index, join(places.corrupt, `index.json-${randomName()}`));
    }
    await replaceFile(disk, places, places.backup, formatBackup(index, bytes ?? new Uint8Array()));
    await replaceFile(disk, places, places.index, formatStoreIndex(index));
  });
}

async function indexFromBackup({ disk, places }: DiskStore): Promise<StoreIndex | undefined> {
  const backup = await unlessAbsent(readWholeFile(disk, places.backup, indexLimit));
  return backup && indexOfBackup(backup, places.backup);
}

/** Without a copy, damage is no reason to forget what the store held, nor is an index that someone has removed. */
async function emptyIfNew(
  { places, blobs }: DiskStore,
  damaged: Uint8Array | undefined,
): Promise<StoreIndex> {
  if (damaged !== undefined) return parseStoreIndex(damaged, places.index);
  if ((await blobs.list()).length === 0) return emptyIndex;
  throw new EngineError('damaged', places.index, 'it is missing, and the store is not empty');
}

function isIndex(bytes: Uint8Array): boolean {
  try {
    parseStoreIndex(bytes, '');
    return true;
  } catch {
    return false;
  }
}
