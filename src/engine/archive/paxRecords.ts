/** What the records of one PAX extended header say (POSIX pax, "pax Extended Header"). */
export class PaxRecords {
  path: string | undefined;
  linkPath: string | undefined;
  size: number | undefined;
  uid: number | undefined;
  gid: number | undefined;
  mtimeSeconds: number | undefined;
  mtimeNanoseconds = 0;
  xattrs: Map<string, string> | undefined;
  /** `GNU.sparse.*` records by the rest of their name. */
  sparse: Map<string, string> | undefined;
  /** Offsets and lengths in turn, from the repeated `GNU.sparse.offset` and `numbytes` of version 0.0. */
  sparsePieces: string[] | undefined;
}

/**
 * Reads the records in `bytes[start, end)`, each `length key=value\n`. An empty value leaves the header's field.
 *
 * @returns what is wrong with the first record that is not well formed (those before it count), else undefined.
 */
export function parsePaxRecords(
  into: PaxRecords,
  bytes: Buffer,
  start: number,
  end: number,
): string | undefined {
  let at = start;
  while (at < end) {
    const recordEnd = at + recordLength(bytes, at, end);
    const keyStart = bytes.indexOf(0x20, at) + 1;
    const equals = bytes.indexOf(0x3d, keyStart);
    // A record of length 0 (not a number, or reaching past the end) fails the first test.
    if (recordEnd <= keyStart || equals <= keyStart || equals >= recordEnd) return 'malformed PAX record';
    if (bytes[recordEnd - 1] !== 0x0a) return 'a PAX record does not end with a newline';
    const problem = applyRecord(
      into,
      bytes.toString('latin1', keyStart, equals),
      bytes.toString('latin1', equals + 1, recordEnd - 1),
    );
    if (problem !== undefined) return problem;
    at = recordEnd;
  }
  return undefined;
}

function recordLength(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  let at = start;
  for (; at < end && at < start + 10; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    length = length * 10 + digit;
  }
  return bytes[at] === 0x20 && start + length <= end ? length : 0;
}

function applyRecord(into: PaxRecords, key: string, value: string): string | undefined {
  if (key.startsWith(xattrPrefix)) return addXattr(into, key.slice(xattrPrefix.length), value);
  if (key.startsWith(sparsePrefix)) return addSparse(into, key.slice(sparsePrefix.length), value);
  const apply = value === '' ? undefined : fields.get(key);
  if (apply === undefined) return key.includes('\0') ? 'a PAX record has NUL in its name' : undefined;
  return apply(into, value) ? undefined : `the PAX record ${key} is not valid`;
}

const xattrPrefix = 'SCHILY.xattr.';
const sparsePrefix = 'GNU.sparse.';

function addXattr(into: PaxRecords, name: string, value: string): string | undefined {
  if (name.includes('\0')) return 'a PAX record has NUL in its name';
  (into.xattrs ??= new Map()).set(name, value);
  return undefined;
}

function addSparse(into: PaxRecords, name: string, value: string): string | undefined {
  const sparse = (into.sparse ??= new Map());
  if (name !== 'offset' && name !== 'numbytes') {
    sparse.set(name, value);
    return undefined;
  }
  // Version 0.0 repeats this pair of records, in this order, for each piece of data.
  const pieces = (into.sparsePieces ??= []);
  if ((pieces.length % 2 === 0) !== (name === 'offset') || value.includes(','))
    return 'bad GNU.sparse records';
  pieces.push(value);
  return undefined;
}

/** How a record changes the header; false when its value is not valid. */
const fields = new Map<string, (into: PaxRecords, value: string) => boolean>([
  ['path', (into, value) => !value.includes('\0') && isSet((into.path = value))],
  ['linkpath', (into, value) => !value.includes('\0') && isSet((into.linkPath = value))],
  ['size', (into, value) => isSet((into.size = parseInteger(value)))],
  ['uid', (into, value) => isSet((into.uid = parseInteger(value)))],
  ['gid', (into, value) => isSet((into.gid = parseInteger(value)))],
  ['mtime', setMtime],
]);

function isSet(value: unknown): boolean {
  return value !== undefined;
}

/** A decimal integer that fits 63 bits, else undefined. */
export function parseInteger(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) < 2 ** 63 ? value : undefined;
}

/** Seconds with a fraction of any length; digits beyond the ninth are dropped. */
function setMtime(into: PaxRecords, value: string): boolean {
  const match = /^([+-]?\d+)(?:\.(\d*))?$/.exec(value);
  const seconds = match === null ? undefined : parseInteger(match[1] ?? '');
  if (seconds === undefined) return false;
  const nanoseconds = Number((match?.[2] ?? '').slice(0, 9).padEnd(9, '0'));
  const isNegative = value.startsWith('-') && nanoseconds > 0;
  into.mtimeSeconds = isNegative ? seconds - 1 : seconds;
  into.mtimeNanoseconds = isNegative ? 1e9 - nanoseconds : nanoseconds;
  return true;
}
