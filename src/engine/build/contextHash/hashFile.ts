import { createHash, type Hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, readlinkSync } from 'node:fs';
import { type ByteName, byteName } from '../../base/layerPath.ts';
import { type ContentHeader, headerBytes, headerDigest } from '../contentKey/contentTree.ts';
import type { Sha256 } from '../sha256.ts';
import { type ContextFile, type ContextLink, unsettled } from './contextFile.ts';
import { versionOf } from './fileVersion.ts';
import type { Xattrs } from './xattrs.ts';

/** Called between two blocks of a large file; may throw, to stop. */
export type OnBlock = (bytes: number) => Promise<void> | undefined;

/** Bytes of a file up to which it is read in one go: some milliseconds. */
const smallFile = 2 * 2 ** 20;

/**
 * Hashes what is at a path, links not followed. Reads a file's bytes, without giving way when they are few; pipes and
 * devices are not opened.
 */
export function hashFile(
  path: Buffer,
  stats: BigIntStats,
  onBlock: OnBlock,
): ContextFile | ContextLink | Promise<ContextFile> {
  if (stats.isSymbolicLink()) {
    const target = byteName(readlinkSync(path, 'buffer').toString('latin1'));
    const own = headerDigest(headerOf('link', stats, target));
    return { kind: 'link', own, target, version: versionOf(stats) };
  }
  if (stats.isFile())
    return (stats.size <= smallFile ? hashSmall(path, stats) : undefined) ?? hashBytes(path, onBlock);
  return { kind: 'file', own: headerDigest(headerOf(specialType(stats), stats)), version: versionOf(stats) };
}

/** A file's digest with its extended attributes. */
export async function hashWithXattrs(path: Buffer, xattrs: Xattrs, onBlock: OnBlock): Promise<ContextFile> {
  return { ...(await hashBytes(path, onBlock, xattrs)), hasXattrs: true };
}

/** Undefined when it became another since it was looked at. */
function hashSmall(path: Buffer, stats: BigIntStats): ContextFile | undefined {
  const file = openFile(path);
  try {
    const hash = createHash('sha256').update(headerBytes(headerOf('file', stats)), 'latin1');
    const size = Number(stats.size);
    for (let at = 0; at < size;) {
      const read = readBlock(file, at, size);
      if (read.length === 0) break;
      hash.update(read);
      at += read.length;
    }
    const after = fstatSync(file, { bigint: true });
    if (after.ino !== stats.ino || !isSameMoment(stats, after)) return undefined;
    return { kind: 'file', own: `sha256:${hash.digest('hex')}`, version: versionOf(stats, Date.now()) };
  } finally {
    closeSync(file);
  }
}

export function directoryDigestOf(stats: BigIntStats): Sha256 {
  return headerDigest(headerOf('directory', stats));
}

/** SHA-256 of a file's bytes alone, hex; of what is a file no longer, undefined. */
export async function bytesDigestOf(path: Buffer, onBlock: OnBlock): Promise<string | undefined> {
  const file = openFile(path);
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return undefined;
    const hash = createHash('sha256');
    await readInto(hash, file, Number(stats.size), onBlock);
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

/** The digest that a file would have with other permission bits. */
export async function digestWithMode(path: Buffer, mode: number, onBlock: OnBlock): Promise<Sha256> {
  const file = openFile(path);
  try {
    const stats = fstatSync(file, { bigint: true });
    return await digestOf(file, { ...headerOf('file', stats), mode: mode & 0o7777 }, onBlock);
  } finally {
    closeSync(file);
  }
}

/** A file that is written meanwhile is read again, and not believed if that goes on. */
async function hashBytes(path: Buffer, onBlock: OnBlock, xattrs?: Xattrs): Promise<ContextFile> {
  const file = openFile(path);
  try {
    for (let attempt = 1; ; attempt++) {
      const before = fstatSync(file, { bigint: true });
      const header = { ...headerOf('file', before), ...(xattrs !== undefined && { xattrs }) };
      const own = await digestOf(file, header, onBlock);
      const version = versionOf(before, Date.now());
      const isStill = isSameMoment(before, fstatSync(file, { bigint: true }));
      if (isStill) return { kind: 'file', own, version };
      if (attempt === mostAttempts) return { kind: 'file', own, version: { ...version, ctimeNs: unsettled } };
    }
  } finally {
    closeSync(file);
  }
}

const mostAttempts = 3;

function isSameMoment(one: BigIntStats, other: BigIntStats): boolean {
  return one.size === other.size && one.mtimeNs === other.mtimeNs && one.ctimeNs === other.ctimeNs;
}

// What was a file a moment ago may be a pipe by now, whose opening would wait for ever. Windows has no such flags.
function openFile(path: Buffer): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
}

async function digestOf(file: number, header: ContentHeader, onBlock: OnBlock): Promise<Sha256> {
  const hash = createHash('sha256').update(headerBytes(header), 'latin1');
  await readInto(hash, file, header.size, onBlock);
  return `sha256:${hash.digest('hex')}`;
}

async function readInto(hash: Hash, file: number, size: number, onBlock: OnBlock): Promise<void> {
  for (let at = 0; at < size;) {
    const read = readBlock(file, at, size);
    if (read.length === 0) break;
    hash.update(read);
    at += read.length;
    const breath = onBlock(read.length);
    if (breath !== undefined) await breath;
  }
}

/** Into a buffer that all share: it has to be hashed before anything else runs. */
function readBlock(file: number, at: number, size: number): Buffer {
  const buffer = (block.buffer ??= Buffer.allocUnsafe(256 * 1024));
  return buffer.subarray(0, readSync(file, buffer, 0, Math.min(size - at, buffer.length), at));
}

const block = { buffer: undefined as Buffer | undefined };

/** As clients of docker send a folder: root's. Node cannot read extended attributes: see `hashWithXattrs`. */
function headerOf(type: ContentHeader['type'], stats: BigIntStats, target?: ByteName): ContentHeader {
  const rdev = Number(stats.rdev);
  const isDevice = type === 'char' || type === 'block';
  return {
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: 0,
    gid: 0,
    size: Number(stats.size),
    ...(target !== undefined && { target }),
    ...(isDevice && {
      device: { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) },
    }),
  };
}

function specialType(stats: BigIntStats): 'fifo' | 'char' | 'block' {
  return stats.isFIFO() ? 'fifo' : stats.isCharacterDevice() ? 'char' : 'block';
}
