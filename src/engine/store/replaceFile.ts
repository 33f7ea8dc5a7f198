import type { Disk } from './disk.ts';
import { randomName, type StorePlaces } from './storePlaces.ts';
import { createFile } from './wholeFile.ts';

/**
 * Writes beside and renames: a reader sees the old file or the new one, and so does whoever comes after a crash.
 *
 * @param check runs right before the rename; when it throws, nothing is changed.
 */
export async function replaceFile(
  disk: Disk,
  places: StorePlaces,
  path: string,
  bytes: Uint8Array,
  check?: () => Promise<void>,
): Promise<void> {
  const temporary = places.newTemporary(`file-${randomName()}`);
  try {
    await createFile(disk, temporary, bytes);
    await check?.();
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await disk.syncDirectory(places.directory);
}
