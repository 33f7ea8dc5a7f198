import { closeSync, constants, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readSmallFile } from '../classic/readSmallFile.ts';
import { GoTarHash, isWritable, type TarMember } from './goTar.ts';

const blockSize = 512;
/** Larger archives are not unpacked here. */
const mostBytes = 256 * 2 ** 20;

/** Whether ADD unpacks the file: it is a tar, as it is or packed with gzip. Those packed otherwise count as ones too. */
export function isArchive(file: Buffer): boolean {
  const head = Buffer.alloc(blockSize);
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const size = readSync(handle, head, 0, blockSize, null);
    return isPacked(head) || (size === blockSize && hasChecksum(head));
  } finally {
    closeSync(handle);
  }
}

/** gzip, bzip2, xz, zstd */
function isPacked(head: Buffer): boolean {
  return ['1f8b', '425a68', 'fd377a585a00', '28b52ffd'].some((magic) =>
    head.toString('hex').startsWith(magic),
  );
}

/** What buildah prints of an archive that it unpacks, hex; undefined where it is of a form that is not read here. */
export function archiveDigest(file: Buffer): string | undefined {
  const packed = readSmallFile(file, mostBytes);
  const bytes = packed && unpacked(packed);
  return bytes && digestOfTar(bytes);
}

function unpacked(bytes: Buffer): Buffer | undefined {
  if (!isPacked(bytes)) return bytes;
  if (bytes[0] !== 0x1f) return undefined;
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch {
    return undefined;
  }
}

function digestOfTar(bytes: Buffer): string | undefined {
  const tar = new GoTarHash();
  for (let at = 0; at + blockSize <= bytes.length;) {
    const head = bytes.subarray(at, at + blockSize);
    if (head.every((byte) => byte === 0)) break;
    if (!hasChecksum(head)) return undefined;
    const size = numberAt(head, 124, 12) ?? 0;
    const body = bytes.subarray(at + blockSize, at + blockSize + size);
    at += blockSize + Math.ceil(size / blockSize) * blockSize;
    if (isOfTimes(head, body)) continue;
    const member = memberOf(head);
    if (member === undefined || !isWritable(member)) return undefined;
    tar.add(member);
    if (member.type === '0') tar.write(body);
  }
  return tar.finish();
}

/** Records of PAX that tell nothing but times, which do not count. */
function isOfTimes(head: Buffer, body: Buffer): boolean {
  if (head[156] !== 'x'.charCodeAt(0)) return false;
  const records = body.toString('latin1').split('\n').slice(0, -1);
  return records.every((record) => /^[0-9]+ [mac]time=[0-9.]+$/.test(record));
}

/** Undefined of members with records of their own, and of forms that Go writes otherwise. */
function memberOf(head: Buffer): TarMember | undefined {
  const type = head.toString('latin1', 156, 157).replace('\0', '0');
  const magic = head.toString('latin1', 257, 265);
  if (!isType(type) || (magic !== 'ustar\x0000' && magic !== 'ustar  \0')) return undefined;
  const [prefix, name] = [magic === 'ustar\x0000' ? textAt(head, 345, 155) : '', textAt(head, 0, 100)];
  const numbers = [100, 108, 116, 124, 329, 337].map((at) => numberAt(head, at, at === 124 ? 12 : 8));
  const [mode, uid, gid, size, major = 0, minor = 0] = numbers;
  if (mode === undefined || uid === undefined || gid === undefined || size === undefined) return undefined;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type,
    mode,
    uid,
    gid,
    size,
    userName: textAt(head, 265, 32),
    groupName: textAt(head, 297, 32),
    target: textAt(head, 157, 100),
    device: { major, minor },
    attributes: new Map(),
    isGnu: magic === 'ustar  \0',
  };
}

function isType(text: string): text is TarMember['type'] {
  return /^[0-6]$/.test(text);
}

function textAt(head: Buffer, at: number, size: number): string {
  const text = head.toString('latin1', at, at + size);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function numberAt(head: Buffer, at: number, size: number): number | undefined {
  const text = textAt(head, at, size).trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : undefined;
}

function hasChecksum(head: Buffer): boolean {
  const written = numberAt(head, 148, 8);
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return written === sum;
}
