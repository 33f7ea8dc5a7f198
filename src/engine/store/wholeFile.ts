import { EngineError } from '../base/errors.ts';
import type { Disk, DiskFile } from './disk.ts';

/**
 * All bytes of a file.
 *
 * @throws EngineError `limit-exceeded` for a file longer than `limit` bytes, `truncated` when it shrinks meanwhile.
 */
export async function readWholeFile(disk: Disk, path: string, limit: number): Promise<Uint8Array> {
  const file = await disk.open(path, 'read');
  try {
    const { size } = await file.facts();
    if (size > limit)
      throw new EngineError('limit-exceeded', path, `it has ${size} bytes, and ${limit} are allowed`);
    return await readExactly(file, path, size);
  } finally {
    await file.close();
  }
}

/** Creates a file with these bytes, which are on the disk when this returns. Fails with EEXIST when it is there. */
export async function createFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, 'create');
  try {
    await writeFully(file, bytes, 0, path);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes all bytes, however few the disk takes at a time. */
export async function writeFully(
  file: DiskFile,
  bytes: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written === 0) throw new EngineError('no-space', path, 'the disk took no more bytes');
    done += written;
  }
}

async function readExactly(file: DiskFile, path: string, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size;) {
    const read = await file.read(bytes.subarray(done), done);
    if (read === 0) throw new EngineError('truncated', path, `it ended after ${done} of ${size} bytes`);
    done += read;
  }
  return bytes;
}
