import { createHash, type Hash } from 'node:crypto';

/** What of one member of a tar is written. Texts are byte strings. */
export interface TarMember {
  /** Without a `/` at its end, for directories too. */
  readonly name: string;
  readonly type: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  readonly size: number;
  readonly target: string;
  readonly device: { readonly major: number; readonly minor: number };
  /** Extended attributes by name. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Written in GNU's form, as a tar that was in it and is copied on stays. */
  readonly isGnu?: boolean;
}

const blockSize = 512;

/**
 * The SHA-256 of a tar as Go's `archive/tar` writes it, times zeroed: what buildah prints of what it copied. POSIX's form
 * where everything fits into it, else that of PAX.
 */
export class GoTarHash {
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  /** A member's header; its bytes follow by `write`. */
  add(member: TarMember): void {
    this.#pad();
    const records = paxRecords(member);
    const needsPax = member.isGnu !== true && !fitsPosix(member);
    if (needsPax) this.#addPax(member.name, records);
    this.write(needsPax ? header({ ...member, name: cut(toAscii(member.name)) }, '') : posixHeader(member));
  }

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  /** Hex. Nothing can be added afterwards. */
  finish(): string {
    this.#pad();
    return this.#hash.update(Buffer.alloc(2 * blockSize)).digest('hex');
  }

  #addPax(name: string, records: string): void {
    const bytes = Buffer.from(records, 'latin1');
    const slash = name.lastIndexOf('/') + 1;
    const path = `${name.slice(0, slash)}PaxHeaders.0/${name.slice(slash)}`;
    this.write(rawHeader(toAscii(path).slice(0, 100).replace(/\/+$/, ''), bytes.length));
    this.write(bytes);
    this.#pad();
  }

  #pad(): void {
    const over = this.#size % blockSize;
    if (over > 0) this.write(Buffer.alloc(blockSize - over));
  }
}

/** Whether Go writes it at all: numbers and names that are too large for POSIX and PAX are another form's. */
export function isWritable(member: TarMember): boolean {
  return member.isGnu !== true || fitsPosix(member);
}

function fitsPosix(member: TarMember): boolean {
  const { name, target, userName, groupName, uid, gid, size, attributes } = member;
  const fitsName = isAscii(name) && (name.length <= 100 || splitName(name) !== undefined);
  const fitsTexts = [
    [target, 100],
    [userName, 32],
    [groupName, 32],
  ].every(([text, most]) => isAscii(String(text)) && String(text).length <= Number(most));
  const fitsNumbers = Math.max(uid, gid) < 8 ** 7 && size < 8 ** 11;
  return fitsName && fitsTexts && fitsNumbers && attributes.size === 0;
}

/** A long name in two: up to 155 bytes before a slash, and up to 100 behind it. */
function splitName(name: string): { readonly prefix: string; readonly rest: string } | undefined {
  const at = name.slice(0, 156).lastIndexOf('/');
  const rest = name.slice(at + 1);
  return at <= 0 || rest.length > 100 || rest === '' ? undefined : { prefix: name.slice(0, at), rest };
}

function posixHeader(member: TarMember): Buffer {
  const split = member.name.length > 100 ? splitName(member.name) : undefined;
  if (split === undefined) return header(member, '');
  return header({ ...member, name: split.rest }, split.prefix);
}

function header(member: TarMember, prefix: string): Buffer {
  const block = Buffer.alloc(blockSize);
  const { name, mode, uid, gid, size, type, target, userName, groupName, device, isGnu } = member;
  setText(block, 0, 100, name);
  setNumber(block, 100, 8, mode);
  setNumber(block, 108, 8, uid);
  setNumber(block, 116, 8, gid);
  setNumber(block, 124, 12, size);
  setNumber(block, 136, 12, 0);
  setText(block, 156, 1, type);
  setText(block, 157, 100, toAscii(target));
  setText(block, 257, 8, isGnu === true ? 'ustar  \0' : 'ustar\x0000');
  setText(block, 265, 32, toAscii(userName));
  setText(block, 297, 32, toAscii(groupName));
  setNumber(block, 329, 8, device.major);
  setNumber(block, 337, 8, device.minor);
  setText(block, 345, 155, prefix);
  return withChecksum(block);
}

/** Of a member that carries records: nothing but its name and size. */
function rawHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockSize);
  setText(block, 0, 100, name);
  for (const at of [100, 108, 116]) setNumber(block, at, 8, 0);
  setNumber(block, 124, 12, size);
  setNumber(block, 136, 12, 0);
  setText(block, 156, 1, 'x');
  setText(block, 257, 8, 'ustar\x0000');
  return withChecksum(block);
}

function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function setText(block: Buffer, at: number, size: number, text: string): void {
  block.write(text.slice(0, size), at, 'latin1');
}

/** What does not fit is in a record, and nothing here. */
function setNumber(block: Buffer, at: number, size: number, value: number): void {
  const digits = value.toString(8).padStart(size - 1, '0');
  block.write(digits.length < size ? digits : '0'.padStart(size - 1, '0'), at, 'latin1');
}

function paxRecords(member: TarMember): string {
  const { name, target, userName, groupName, uid, gid, size, attributes } = member;
  const records = new Map<string, string>();
  const addText = (key: string, text: string, most: number): unknown =>
    (!isAscii(text) || text.length > most) && records.set(key, text);
  const addNumber = (key: string, value: number, most: number): unknown =>
    value >= most && records.set(key, String(value));
  addText('path', name, 100);
  addText('linkpath', target, 100);
  addText('uname', userName, 32);
  addText('gname', groupName, 32);
  addNumber('uid', uid, 8 ** 7);
  addNumber('gid', gid, 8 ** 7);
  addNumber('size', size, 8 ** 11);
  for (const [key, value] of attributes) records.set(`SCHILY.xattr.${key}`, value);
  return [...records]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => paxRecord(key, value))
    .join('');
}

/** The length of a record counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length > length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function cut(name: string): string {
  if (name.length <= 100) return name;
  const head = name.slice(0, 100);
  return head.endsWith('/') ? head.replace(/\/+$/, '') : head;
}

function isAscii(text: string): boolean {
  return toAscii(text) === text;
}

/** Go leaves out what is not ASCII where a record says it better. */
function toAscii(text: string): string {
  return text.replace(/[\0\x80-\uffff]/g, '');
}
