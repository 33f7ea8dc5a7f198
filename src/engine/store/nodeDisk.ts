import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disk, type DiskFile, type FileFacts, type OpenPurpose, systemCodeOf } from './disk.ts';

/** The real disk. */
export const nodeDisk: Disk = {
  open: async (path, purpose) => diskFile(await fs.open(path, flags[purpose], 0o600)),
  rename: (from, to) => despiteReaders(() => fs.rename(from, to)),
  link: (existing, path) => fs.link(existing, path),
  remove: (path) => despiteReaders(() => fs.unlink(path)),
  makeDirectory: async (path) => {
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  },
  removeDirectory: (path) => despiteReaders(() => fs.rmdir(path)),
  list: (directory) => fs.readdir(directory),
  facts: async (path) => factsOf(await fs.lstat(path)),
  setTime: (path, timeMs) => fs.utimes(path, timeMs / 1000, timeMs / 1000),
  setMode: (path, mode) => fs.chmod(path, mode),
  syncDirectory,
};

// O_NOFOLLOW is undefined on Windows, whose links only an administrator or a developer can make.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the types know only Linux.
const noFollow = constants.O_NOFOLLOW ?? 0;

const flags: Readonly<Record<OpenPurpose, number>> = {
  read: constants.O_RDONLY | noFollow,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow,
  update: constants.O_WRONLY | noFollow,
};

function diskFile(file: fs.FileHandle): DiskFile {
  return {
    read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
    sync: () => file.sync(),
    facts: async () => factsOf(await file.stat()),
    close: () => file.close(),
  };
}

function factsOf(stats: Stats): FileFacts {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
  return { kind, size: stats.size, changedMs: stats.mtimeMs, inode: stats.ino };
}

/** Windows cannot sync a directory; there, NTFS's journal has to do. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await fs.open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Windows refuses to rename and remove files that someone has open, scanners of all kinds among them. */
async function despiteReaders(call: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await call();
      return;
    } catch (error) {
      const isInUse = process.platform === 'win32' && inUseCodes.has(systemCodeOf(error) ?? '');
      if (!isInUse || attempt === attempts) throw error;
      await sleep(10 * 2 ** attempt);
    }
  }
}

const inUseCodes = new Set(['EPERM', 'EACCES', 'EBUSY']);
const attempts = 6;
