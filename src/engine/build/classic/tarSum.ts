import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, type Stats } from 'node:fs';

/**
 * What is hashed of one file of a context before its bytes: the header of the tar that the client sends, without times
 * (tarsum version 1; build-cache.md §2.1). Owners are root's, but the names of owners are the host's.
 */
export interface SummedHeader {
  /** In the context; of a directory with `/` at its end. Byte string. */
  readonly name: string;
  /** With the bits of the type. */
  readonly mode: number;
  readonly size: number;
  readonly type: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  /** Byte string. */
  readonly target: string;
  readonly userName: string;
  readonly groupName: string;
  readonly device: { readonly major: number; readonly minor: number };
}

export function headerText(header: SummedHeader): string {
  const { name, mode, size, type, target, userName, groupName, device } = header;
  const owner = `uid0gid0size${size}typeflag${type}linkname${target}uname${userName}gname${groupName}`;
  return `name${name}mode${mode}${owner}devmajor${device.major}devminor${device.minor}`;
}

/** The sum of a header alone, hex. */
export function sumOfHeader(header: SummedHeader): string {
  return createHash('sha256').update(headerText(header), 'latin1').digest('hex');
}

const block = { buffer: undefined as Buffer | undefined };

/** The sum of a file with its bytes. Reads no more of it than it had when it was looked at. */
export function sumOfFile(path: Buffer, header: SummedHeader): string {
  const hash = createHash('sha256').update(headerText(header), 'latin1');
  const buffer = (block.buffer ??= Buffer.allocUnsafe(256 * 1024));
  // What was a file a moment ago may be a pipe by now, whose opening would wait for ever.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    for (let left = header.size; left > 0;) {
      const read = readSync(file, buffer, 0, Math.min(left, buffer.length), null);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      left -= read;
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

export function tarTypeOf(stats: Stats): Exclude<SummedHeader['type'], '1'> {
  if (stats.isDirectory()) return '5';
  if (stats.isSymbolicLink()) return '2';
  if (stats.isFIFO()) return '6';
  if (stats.isCharacterDevice()) return '3';
  return stats.isBlockDevice() ? '4' : '0';
}

/** Numbers of a device; of all else they are 0. */
export function deviceOf(stats: Stats): SummedHeader['device'] {
  if (!stats.isCharacterDevice() && !stats.isBlockDevice()) return { major: 0, minor: 0 };
  const { rdev } = stats;
  return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}
