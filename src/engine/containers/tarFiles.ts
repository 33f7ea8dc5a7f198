import { readTarEntries, type StreamedEntry } from '../archive/readTarEntries.ts';
import { storedSize } from '../archive/sparseMap.ts';
import { EngineError } from '../base/errors.ts';
import { byteName, type ByteName, toText } from '../base/layerPath.ts';
import type { EntryType } from '../layers/layerIndex.ts';
import type { IncomingFile } from './incomingFile.ts';

/**
 * The files of a tar that comes as a stream, in its order.
 *
 * @throws EngineError as {@link readTarEntries}; `invalid-path` for a name that climbs out; `unsupported` for an entry of a
 *   type that nobody knows.
 */
export async function* tarFiles(
  bytes: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<IncomingFile> {
  for await (const entry of readTarEntries(bytes, subject)) yield toIncoming(entry);
}

function toIncoming({ header, content }: StreamedEntry): IncomingFile {
  const { mode, uid, gid, size, sparseMap, linkName, xattrs } = header;
  const name = cleanName(header.name);
  const type = typeOf(header.typeflag, header.name);
  const isDevice = type === 'char' || type === 'block';
  return {
    name,
    type: type === 'hardlink' ? 'file' : type,
    mode: mode & 0o7777,
    uid,
    gid,
    mtime: timeOf(header.mtimeSeconds, header.mtimeNanoseconds),
    ...(type === 'symlink' && { linkTarget: byteName(linkName) }),
    ...(isDevice && { device: { major: header.deviceMajor, minor: header.deviceMinor } }),
    ...(xattrs !== undefined && { xattrs: xattrs as ReadonlyMap<ByteName, ByteName> }),
    ...(type === 'hardlink' && { hardlinkTo: cleanName(linkName) }),
    size: sparseMap === undefined ? size : storedSize(sparseMap),
    ...(sparseMap !== undefined && { sparse: { map: sparseMap, size } }),
    ...(type === 'file' && { content }),
  };
}

/** Without `.` and slashes at both ends. @throws EngineError `invalid-path` for `..` beyond the beginning. */
function cleanName(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined)
      throw new EngineError('invalid-path', toText(name), 'it leads out of where it is to be written');
  }
  return parts.join('/');
}

function typeOf(typeflag: number, name: string): EntryType | 'hardlink' {
  const type = types.get(typeflag);
  if (type !== undefined) return type;
  throw new EngineError('unsupported', toText(name), 'the tar has an entry of a type that is not known');
}

/** Of POSIX ustar; `7` is a file too, and `S` GNU's sparse one. */
const types: ReadonlyMap<number, EntryType | 'hardlink'> = new Map(
  (
    [
      ['0', 'file'],
      ['7', 'file'],
      ['S', 'file'],
      ['1', 'hardlink'],
      ['2', 'symlink'],
      ['3', 'char'],
      ['4', 'block'],
      ['5', 'dir'],
      ['6', 'fifo'],
    ] as const
  ).map(([flag, type]) => [flag.charCodeAt(0), type]),
);

function timeOf(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return String(seconds);
  // Below zero the text counts down from the second above.
  const isBelow = seconds < 0;
  const part = isBelow ? 1_000_000_000 - nanoseconds : nanoseconds;
  const whole = isBelow ? seconds + 1 : seconds;
  const sign = isBelow && whole === 0 ? '-' : '';
  return `${sign}${whole}.${String(part).padStart(9, '0')}`;
}
