import { join } from 'node:path';
import { unlessAbsent } from './disk.ts';
import type { DiskStore } from './diskStore.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import { fileClockNow } from './fileClock.ts';

/**
 * Clears away what processes left that ended in the middle: their leases, and their files in `tmp` once they are a day
 * old. Files of living leases stay however old they are.
 */
export function removeLeftovers(store: DiskStore): Promise<void> {
  return inEngineTerms(store.places.directory, () => clear(store));
}

async function clear(store: DiskStore): Promise<void> {
  const { disk, places, leases } = store;
  const now = await fileClockNow(disk, places);
  await leases.removeDead(now);
  const names = await disk.list(places.temporary);
  if (names.length === 0) return;
  const living = new Set((await leases.living(now)).map(({ id }) => id));
  for (const name of names) {
    if (living.has(ownerIn(name))) continue;
    const path = join(places.temporary, name);
    const facts = await unlessAbsent(disk.facts(path));
    if (facts !== undefined && now - facts.changedMs > dayMs) await unlessAbsent(disk.remove(path));
  }
}

const dayMs = 24 * 60 * 60 * 1000;

/** See `StorePlaces.newTemporary`. */
function ownerIn(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}
