import { digestOf } from '../oci/digest.ts';
import { formatStoreIndex, parseStoreIndex, type StoreIndex } from './storeIndex.ts';

/**
 * The copy of `index.json` is written just before it, so that a damaged index can be put right without losing a name.
 * It remembers the digest of the index before: after a crash between the two writes the copy is one change ahead, and
 * that is no damage.
 */
const previousKey = 'lamina.previous';

/** @param before the bytes of `index.json` that the copy's index is to replace. */
export function formatBackup(index: StoreIndex, before: Uint8Array): Uint8Array {
  return formatStoreIndex({ ...index, raw: { ...index.raw, [previousKey]: digestOf(before) } });
}

/** The index in the copy. @throws EngineError `damaged`. */
export function indexOfBackup(backup: Uint8Array, subject: string): StoreIndex {
  const { raw, entries } = parseStoreIndex(backup, subject);
  return { raw: Object.fromEntries(Object.entries(raw).filter(([key]) => key !== previousKey)), entries };
}

/** Whether the index is what the copy holds, or what it was made to replace. @throws EngineError `damaged`. */
export function fitsBackup(index: Uint8Array, backup: Uint8Array, subject: string): boolean {
  const current = digestOf(formatStoreIndex(indexOfBackup(backup, subject)));
  const previous = parseStoreIndex(backup, subject).raw[previousKey];
  return [current, previous].includes(digestOf(index));
}
