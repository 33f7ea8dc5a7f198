import { EngineError, isEngineError } from '../base/errors.ts';
import { unlessAbsent } from './disk.ts';
import { type DiskStore, diskStoreAt, type DiskStoreOptions } from './diskStore.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import { recoverIndex } from './recoverIndex.ts';
import { removeLeftovers } from './removeLeftovers.ts';
import { replaceFile } from './replaceFile.ts';
import { isMarker, markerText } from './storeMarker.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * Opens the store in a directory, and clears away what crashed processes left in it. A store that may only be read is
 * opened for reading.
 *
 * @throws EngineError as {@link ensureSound}.
 */
export async function openDiskStore(directory: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
  const store = diskStoreAt(directory, options);
  await ensureSound(store);
  // Tidying is no condition for reading: the store may be read-only, or a lease unreadable.
  await removeLeftovers(store).catch(() => undefined);
  return store;
}

/**
 * Sees that the store is there: makes it where nothing is, and puts a damaged or missing index right from its copy. A
 * sound store is only read.
 *
 * @throws EngineError `damaged` when neither `index.json` nor its copy can be read; `invalid-path` for a directory that
 *   holds other things; `denied`.
 */
export function ensureSound(store: DiskStore): Promise<void> {
  return inEngineTerms(store.places.directory, async () => {
    if (!(await isSound(store))) await prepare(store);
  });
}

/** Whether the store is there, with its marker and a readable index. */
async function isSound({ disk, places, refs }: DiskStore): Promise<boolean> {
  const marker = await unlessAbsent(readWholeFile(disk, places.marker, 4096));
  if (marker === undefined || !isMarker(marker)) return false;
  try {
    await refs.read();
    return true;
  } catch (error) {
    if (isEngineError(error, 'damaged') || isEngineError(error, 'not-found')) return false;
    throw error;
  }
}

/** Every step leaves a sound store alone, so that several processes may do this at once, and again after a crash. */
async function prepare(store: DiskStore): Promise<void> {
  const { disk, places } = store;
  await requireOurs(store);
  for (const folder of [places.blobs, places.temporary, places.leases]) await disk.makeDirectory(folder);
  await recoverIndex(store);
  await replaceFile(disk, places, places.marker, Buffer.from(markerText));
}

/** A mistyped setting must not turn somebody's folder into a store. */
async function requireOurs({ disk, places }: DiskStore): Promise<void> {
  const names = (await unlessAbsent(disk.list(places.directory))) ?? [];
  const other = names.find((name) => !ownNames.has(name) && !name.startsWith('index.json'));
  if (other !== undefined)
    throw new EngineError('invalid-path', places.directory, `it is not a store, and holds ${other}`);
}

const ownNames = new Set(
  'oci-layout blobs tmp leases corrupt trash indexes fetched containers build'.split(' '),
);
