import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, readlinkSync, type Stats } from 'node:fs';
import { type ByteName, byteName } from '../../base/layerPath.ts';
import { type ContentHeader, headerBytes, headerDigest } from '../contentKey/contentTree.ts';
import type { Sha256 } from '../sha256.ts';
import type { ContextFile, ContextLink, FileVersion } from './contextFile.ts';

const block = { buffer: undefined as Buffer | undefined };

export function versionOf({ size, mtimeMs, ctimeMs, ino, mode }: Stats): FileVersion {
  return { size, mtimeMs, ctimeMs, inode: ino, mode: mode & 0o7777 };
}

export function isSameVersion(one: FileVersion, other: FileVersion): boolean {
  return (
    one.size === other.size &&
    one.mtimeMs === other.mtimeMs &&
    one.ctimeMs === other.ctimeMs &&
    one.inode === other.inode &&
    one.mode === other.mode
  );
}

/** Hashes what is at a path, links not followed. Reads a file's bytes; pipes and devices are not opened. */
export function hashFile(path: Buffer, stats: Stats): ContextFile | ContextLink {
  const version = versionOf(stats);
  if (stats.isSymbolicLink()) {
    const target = byteName(readlinkSync(path, 'buffer').toString('latin1'));
    return { kind: 'link', own: headerDigest(headerOf('link', stats, target)), target, version };
  }
  if (stats.isFile()) return { kind: 'file', own: digestOfFile(path, stats), version };
  return { kind: 'file', own: headerDigest(headerOf(specialType(stats), stats)), version };
}

export function directoryDigestOf(stats: Stats): Sha256 {
  return headerDigest(headerOf('directory', stats));
}

function digestOfFile(path: Buffer, stats: Stats): Sha256 {
  const hash = createHash('sha256').update(headerBytes(headerOf('file', stats)), 'latin1');
  const buffer = (block.buffer ??= Buffer.allocUnsafe(256 * 1024));
  // What was a file a moment ago may be a pipe by now, whose opening would wait for ever. Windows has no such flags.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    for (let left = stats.size; left > 0;) {
      const read = readSync(file, buffer, 0, Math.min(left, buffer.length), null);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      left -= read;
    }
  } finally {
    closeSync(file);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** As clients of docker send a folder: root's. Extended attributes cannot be read here and are left out. */
function headerOf(
  type: ContentHeader['type'],
  { mode, size, rdev }: Stats,
  target?: ByteName,
): ContentHeader {
  const isDevice = type === 'char' || type === 'block';
  return {
    type,
    mode: mode & 0o7777,
    uid: 0,
    gid: 0,
    size,
    ...(target !== undefined && { target }),
    ...(isDevice && {
      device: { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) },
    }),
  };
}

function specialType(stats: Stats): 'fifo' | 'char' | 'block' {
  return stats.isFIFO() ? 'fifo' : stats.isCharacterDevice() ? 'char' : 'block';
}
