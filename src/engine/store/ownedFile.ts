import { type Disk, type DiskFile, systemCodeOf, unlessAbsent } from './disk.ts';
import { formatOwner, parseOwner, type ProcessOwner } from './processOwner.ts';
import type { StorePlaces } from './storePlaces.ts';
import { readWholeFile, writeFully } from './wholeFile.ts';

/** A file that says which process holds it. */
export interface OwnedFile {
  readonly bytes: Uint8Array;
  /** Undefined when the file does not (or not yet) say. */
  readonly owner: ProcessOwner | undefined;
}

/** What a lock file says; undefined when there is none. */
export async function readOwnedFile(disk: Disk, path: string): Promise<OwnedFile | undefined> {
  const bytes = await unlessAbsent(readWholeFile(disk, path, 4096));
  return bytes && { bytes, owner: parseOwner(bytes) };
}

/**
 * Creates the file, held open, or gives undefined when it is there already. It is written under another name and then
 * linked, so that it never exists without its owner's words, however this process ends.
 */
export async function takeOwnedFile(
  disk: Disk,
  places: StorePlaces,
  path: string,
  owner: ProcessOwner,
): Promise<DiskFile | undefined> {
  const temporary = places.newTemporary(owner.token);
  const file = await createOwned(disk, temporary, owner);
  try {
    await disk.link(temporary, path);
    return file;
  } catch (error) {
    // A network disk can link and lose the answer, so the file's own word counts.
    if ((await readOwnedFile(disk, path).catch(() => undefined))?.owner?.token === owner.token) return file;
    await file.close();
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    if (cannotLink.has(systemCodeOf(error) ?? '')) return await createUnlessThere(disk, path, owner);
    throw error;
  } finally {
    await disk.remove(temporary).catch(() => undefined);
  }
}

/** What file systems without links answer. */
const cannotLink = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EISDIR']);

/** Without links the file is empty for a moment; whoever reads it then takes it for held. */
async function createUnlessThere(
  disk: Disk,
  path: string,
  owner: ProcessOwner,
): Promise<DiskFile | undefined> {
  try {
    return await createOwned(disk, path, owner);
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

async function createOwned(disk: Disk, path: string, owner: ProcessOwner): Promise<DiskFile> {
  const file = await disk.open(path, 'create');
  try {
    await writeFully(file, formatOwner(owner), 0, path);
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.remove(path).catch(() => undefined);
    throw error;
  }
}
