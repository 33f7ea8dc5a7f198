import { fromText } from '../../src/engine/base/layerPath.ts';

/** One entry of a tar as a test writes it. Names are text as a person types it (see `fromText`: U+F780… are raw bytes). */
export interface TarEntrySpec {
  readonly name: string;
  readonly type?: 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  readonly content?: string | Uint8Array;
  /** The whole mode field, type bits allowed. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Decimal seconds; text keeps nine places. */
  readonly mtime?: number | string;
  /** Target of a symlink or hard link. */
  readonly link?: string;
  /** Values as byte strings. */
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly dev?: readonly [major: number, minor: number];
  /** Overrides the typeflag byte. */
  readonly typeflag?: string;
  /** More PAX records, written as they are. */
  readonly pax?: Readonly<Record<string, string>>;
}

const typeflags = { file: '0', hardlink: '1', symlink: '2', char: '3', block: '4', dir: '5', fifo: '6' };
const defaultModes = {
  file: 0o644,
  hardlink: 0o644,
  symlink: 0o777,
  char: 0o644,
  block: 0o644,
  dir: 0o755,
  fifo: 0o644,
};
const endMarker = Buffer.alloc(1024);

/**
 * A tar, byte for byte the same for the same entries: ustar headers, PAX records only where a value needs them.
 * Independent of the product's own writer, so that the two can check each other. Bytes are taken over as they are.
 */
export function encodeTar(entries: readonly (TarEntrySpec | Uint8Array)[]): Buffer {
  const pieces = entries.flatMap((entry) => (entry instanceof Uint8Array ? [entry] : encodeEntry(entry)));
  return Buffer.concat([...pieces, endMarker]);
}

/** Header, content and padding of one entry, its PAX header before it. */
export function encodeEntry(entry: TarEntrySpec): Uint8Array[] {
  const content = contentOf(entry);
  const records = paxRecords(entry);
  const pax = records.length === 0 ? [] : [header(paxSpec(entry), records.length, 'x'), ...padded(records)];
  const type = entry.typeflag ?? typeflags[entry.type ?? 'file'];
  return [...pax, header(entry, content.length, type), ...padded(content)];
}

/** A ustar header block with a right checksum. */
export function header(entry: TarEntrySpec, size: number, typeflag: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(fromText(nameOf(entry)).slice(0, 100), 0, 'latin1');
  writeNumber(block, 100, 8, entry.mode ?? defaultModes[entry.type ?? 'file']);
  writeNumber(block, 108, 8, entry.uid ?? 0);
  writeNumber(block, 116, 8, entry.gid ?? 0);
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, Math.max(0, Math.floor(Number(entry.mtime ?? defaultMtime))));
  block.write(typeflag, 156, 'latin1');
  block.write(fromText(entry.link ?? '').slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  writeNumber(block, 329, 8, entry.dev?.[0] ?? 0);
  writeNumber(block, 337, 8, entry.dev?.[1] ?? 0);
  return withChecksum(block);
}

/** Sets the checksum of a header block a test has changed. */
export function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export const defaultMtime = 1_700_000_000;

function contentOf(entry: TarEntrySpec): Buffer {
  const { content } = entry;
  return content === undefined ? Buffer.alloc(0) : Buffer.from(content as Uint8Array);
}

function nameOf(entry: TarEntrySpec): string {
  return entry.type === 'dir' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name;
}

function paxSpec(entry: TarEntrySpec): TarEntrySpec {
  return { name: `PaxHeaders/${entry.name}`.slice(0, 90), mtime: entry.mtime ?? defaultMtime };
}

function paxRecords(entry: TarEntrySpec): Buffer {
  const name = fromText(nameOf(entry));
  const link = fromText(entry.link ?? '');
  const mtime = String(entry.mtime ?? defaultMtime);
  const records = new Map<string, string>();
  if (name.length > 100) records.set('path', name);
  if (link.length > 100) records.set('linkpath', link);
  if (!/^\d+$/.test(mtime)) records.set('mtime', mtime);
  if ((entry.uid ?? 0) > 0o7777777) records.set('uid', String(entry.uid));
  if ((entry.gid ?? 0) > 0o7777777) records.set('gid', String(entry.gid));
  for (const [key, value] of Object.entries(entry.xattrs ?? {})) records.set(`SCHILY.xattr.${key}`, value);
  for (const [key, value] of Object.entries(entry.pax ?? {})) records.set(key, value);
  return Buffer.concat([...records].map(([key, value]) => paxRecord(key, value)));
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}

/** Octal where it fits, else base-256. */
function writeNumber(block: Buffer, at: number, length: number, value: number): void {
  const octal = value.toString(8);
  if (value >= 0 && octal.length < length) {
    block.write(`${octal.padStart(length - 1, '0')}\0`, at, 'latin1');
    return;
  }
  let rest = BigInt(value);
  for (let i = at + length - 1; i >= at; i--, rest >>= 8n) block[i] = Number(rest & 0xffn);
  block[at] = (block[at] ?? 0) | 0x80;
}

function padded(content: Buffer): Buffer[] {
  return content.length === 0 ? [] : [content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
