import type { Digest } from '../oci/digest.ts';
import { unlessAbsent } from './disk.ts';
import type { DiskStore } from './diskStore.ts';
import { digestOfName, type StorePlaces } from './storePlaces.ts';

/** Where a blob waits to be removed. */
export function trashed(places: StorePlaces, digest: Digest): string {
  return places.aside('trash', digest);
}

/**
 * Removes what is in the trash, and puts back what is needed after all and not there again: a program that knows no
 * lock can have come to need it. Gives what was put back.
 *
 * @param needed is asked under the store's lock.
 */
export async function emptyTrash(
  store: DiskStore,
  needed: () => Promise<ReadonlySet<Digest>>,
): Promise<ReadonlySet<Digest>> {
  const restored = new Set<Digest>();
  await store.lock.run(async () => {
    const names = (await unlessAbsent(store.disk.list(store.places.trash))) ?? [];
    const kept = names.length === 0 ? new Set<Digest>() : await needed();
    for (const digest of names.map((name) => digestOfName(name)).filter((found) => found !== undefined))
      if (await settle(store, digest, kept.has(digest))) restored.add(digest);
  });
  return restored;
}

/** Whether the blob was put back. */
async function settle(
  { disk, places, blobs }: DiskStore,
  digest: Digest,
  isNeeded: boolean,
): Promise<boolean> {
  const isMissing = isNeeded && (await blobs.find(digest)) === undefined;
  if (isMissing) await disk.rename(trashed(places, digest), places.blob(digest));
  else await disk.remove(trashed(places, digest));
  return isMissing;
}
