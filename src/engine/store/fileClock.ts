import type { Disk } from './disk.ts';
import type { StorePlaces } from './storePlaces.ts';

/**
 * The time by the clock that stamps the store's files, in milliseconds. On a network disk it is not this machine's
 * clock, so ages of files are never taken against `Date.now()`.
 */
export async function fileClockNow(disk: Disk, places: StorePlaces): Promise<number> {
  const probe = places.newTemporary('probe');
  const file = await disk.open(probe, 'create');
  try {
    // A byte is written because a network disk may stamp a new file by the client's clock, but not a write.
    await file.write(new Uint8Array(1), 0);
    return (await file.facts()).changedMs;
  } finally {
    await file.close();
    await disk.remove(probe);
  }
}
