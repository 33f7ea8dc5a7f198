import { paddingAfter, paxRecord, tarBlock, writeChecksum } from '../archive/tarHeader.ts';
import type { Inode } from './inode.ts';

/** An entry of a layer's tar, as {@link tarHeader} writes it. */
export interface TarEntryHead extends Pick<Inode, 'mode' | 'uid' | 'gid' | 'mtime' | 'device' | 'xattrs'> {
  /** Bytes; without a leading slash, that of a folder with one at its end. */
  readonly name: string;
  readonly type: Inode['type'] | 'hardlink';
  /** Bytes of content that follow. */
  readonly size: number;
  /** Of a symlink or hard link. */
  readonly linkName?: string;
}

/**
 * The header of an entry in the form that every engine reads alike (formats.md §3.2): POSIX ustar, PAX records for what
 * does not fit it, whole seconds, numbers for owners and no names. The same entry gives the same bytes.
 */
export function tarHeader(entry: TarEntryHead): Uint8Array {
  const records = Buffer.concat(paxRecords(entry).map(([key, value]) => paxRecord(key, value)));
  const block = headerBlock(entry, typeflags[entry.type], entry.size);
  if (records.length === 0) return block;
  const pax = headerBlock(paxEntry, 'x', records.length);
  return Buffer.concat([pax, records, paddingAfter(records.length), block]);
}

/** Of POSIX ustar. */
export const typeflags: Readonly<Record<TarEntryHead['type'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
};

const paxEntry: TarEntryHead = {
  name: 'PaxHeaders/entry',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
};

const nameLength = 100;
const largestShort = 0o7777777;
const largestLong = 0o77777777777;

function paxRecords(entry: TarEntryHead): readonly (readonly [string, string])[] {
  const { name, linkName = '', uid, gid, size, xattrs } = entry;
  const seconds = secondsOf(entry);
  const records: [string, string][] = [];
  if (name.length > nameLength) records.push(['path', name]);
  if (linkName.length > nameLength) records.push(['linkpath', linkName]);
  if (uid > largestShort) records.push(['uid', String(uid)]);
  if (gid > largestShort) records.push(['gid', String(gid)]);
  if (size > largestLong) records.push(['size', String(size)]);
  if (seconds < 0 || seconds > largestLong) records.push(['mtime', String(seconds)]);
  for (const [key, value] of xattrs ?? []) records.push([`SCHILY.xattr.${key}`, value]);
  return records;
}

function headerBlock(entry: TarEntryHead, typeflag: string, size: number): Buffer {
  const block = Buffer.alloc(tarBlock);
  block.write(entry.name.slice(0, nameLength), 0, 'latin1');
  writeOctal(block, 100, 8, entry.mode);
  writeOctal(block, 108, 8, entry.uid);
  writeOctal(block, 116, 8, entry.gid);
  writeOctal(block, 124, 12, size);
  writeOctal(block, 136, 12, secondsOf(entry));
  block.write(typeflag, 156);
  block.write((entry.linkName ?? '').slice(0, nameLength), 157, 'latin1');
  block.write('ustar\x0000', 257);
  writeOctal(block, 329, 8, entry.device?.major ?? 0);
  writeOctal(block, 337, 8, entry.device?.minor ?? 0);
  writeChecksum(block);
  return block;
}

/** Decimal seconds as whole ones, rounded down as file systems do. */
export function wholeSeconds(mtime: string): number {
  // By the digits: as a number, a second and almost another one would be two.
  const [seconds = '0', part = ''] = mtime.split('.');
  return Number(seconds) - (mtime.startsWith('-') && /[1-9]/.test(part) ? 1 : 0);
}

/** 0 for a folder that no layer lists. */
function secondsOf({ mtime = '0' }: TarEntryHead): number {
  return wholeSeconds(mtime);
}

/** A number that does not fit is 0 here, and a PAX record says what it is. */
function writeOctal(block: Buffer, at: number, length: number, value: number): void {
  const digits = value.toString(8);
  const fits = value >= 0 && digits.length < length;
  block.write(`${(fits ? digits : '0').padStart(length - 1, '0')}\0`, at);
}
