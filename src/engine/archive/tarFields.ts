/** The fields of one 512-byte tar header, as POSIX ustar, GNU tar and archive/tar of Go read them. */

export const blockSize = 512;

/** The dialect a header is written in; decides where more of the name may lie. */
export type TarDialect = 'v7' | 'ustar' | 'star' | 'gnu';

/**
 * A number: octal text, or base-256 when the first bit is set (then negative when the second is).
 * NaN when it is neither, or does not fit 63 bits. Digits beyond 2^53 lose precision.
 */
export function parseNumber(bytes: Uint8Array, offset: number, length: number): number {
  return ((bytes[offset] ?? 0) & 0x80) === 0
    ? parseOctal(bytes, offset, length)
    : parseBase256(bytes, offset, length);
}

/** Octal text between spaces and NULs; empty is 0; NaN when a character is no octal digit. */
function parseOctal(bytes: Uint8Array, offset: number, length: number): number {
  const end = offset + length;
  let at = offset;
  while (at < end && isPadding(bytes[at])) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  // What follows the first NUL is not part of the text.
  for (; at < end && bytes[at] !== 0; at++) if (bytes[at] !== 0x20) return NaN;
  return value;
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

function parseBase256(bytes: Uint8Array, offset: number, length: number): number {
  const first = bytes[offset] ?? 0;
  const invert = (first & 0x40) === 0 ? 0 : 0xff;
  let value = (first ^ invert) & 0x7f;
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + ((bytes[at] ?? 0) ^ invert);
  if (value >= 2 ** 63) return NaN;
  return invert === 0 ? value : -value - 1;
}

/** The bytes up to the first NUL, one character each. */
export function parseText(bytes: Buffer, offset: number, length: number): string {
  const end = offset + length;
  let at = offset;
  while (at < end && bytes[at] !== 0) at++;
  return at === offset ? '' : bytes.toString('latin1', offset, at);
}

/** Whether the header's checksum is right, counted with unsigned bytes or, as old tars did, with signed ones. */
export function hasRightChecksum(bytes: Uint8Array, offset: number): boolean {
  const expected = parseOctal(bytes, offset + 148, 8);
  let sum = 8 * 0x20;
  for (let at = offset, end = offset + 148; at < end; at++) sum += bytes[at] ?? 0;
  for (let at = offset + 156, end = offset + blockSize; at < end; at++) sum += bytes[at] ?? 0;
  return sum === expected || signedSum(bytes, offset) === expected;
}

function signedSum(bytes: Uint8Array, offset: number): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockSize; at++) {
    if (at < 148 || at >= 156) sum += ((bytes[offset + at] ?? 0) << 24) >> 24;
  }
  return sum;
}

export function isZeroBlock(bytes: Uint8Array, offset: number): boolean {
  for (let at = offset, end = offset + blockSize; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** By the magic at 257 (`ustar` and NUL, or `ustar` and two spaces) and star's trailer at 508. */
export function dialectOf(bytes: Uint8Array, offset: number): TarDialect {
  for (let at = 0; at < 5; at++) if (bytes[offset + 257 + at] !== ustar[at]) return 'v7';
  const sixth = bytes[offset + 262];
  if (sixth === 0) return isStar(bytes, offset) ? 'star' : 'ustar';
  const isGnu = sixth === 0x20 && bytes[offset + 263] === 0x20 && bytes[offset + 264] === 0;
  return isGnu ? 'gnu' : 'v7';
}

const ustar = Buffer.from('ustar', 'latin1');

function isStar(bytes: Uint8Array, offset: number): boolean {
  const at = offset + 508;
  return bytes[at] === 0x74 && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x72 && bytes[at + 3] === 0;
}

/** The name with its prefix, where the dialect has one. */
export function parseName(bytes: Buffer, offset: number, dialect: TarDialect): string {
  const name = parseText(bytes, offset, 100);
  const prefix = parsePrefix(bytes, offset, dialect);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function parsePrefix(bytes: Buffer, offset: number, dialect: TarDialect): string {
  if (dialect === 'v7' || bytes[offset + 345] === 0) return '';
  if (dialect === 'ustar') return parseText(bytes, offset + 345, 155);
  if (dialect === 'star') return parseText(bytes, offset + 345, 131);
  return hasGnuTimes(bytes, offset) ? '' : asciiOnly(parseText(bytes, offset + 345, 155));
}

/** GNU headers have times where ustar has the prefix; Go before 1.8 wrote a prefix there all the same. */
function hasGnuTimes(bytes: Uint8Array, offset: number): boolean {
  const areNumbers = (at: number): boolean => bytes[at] === 0 || !Number.isNaN(parseNumber(bytes, at, 12));
  return areNumbers(offset + 345) && areNumbers(offset + 357);
}

function asciiOnly(text: string): string {
  // eslint-disable-next-line no-control-regex -- any ASCII byte is meant.
  return /^[\x00-\x7f]*$/.test(text) ? text : '';
}
