import { baseName, byteName, joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import type { EntryType } from '../layers/layerIndex.ts';
import type { ContainerFile } from './containerFiles.ts';

// How `find` tells of files. Names end with NUL, which none can hold, so that no name is taken for anything else.

/** For GNU's: path, type, mode, owner, group, size, time, target, each ended by NUL. */
export const foundFormat = String.raw`%p\0%y\0%m\0%U\0%G\0%s\0%T@\0%l\0`;
const fieldCount = 8;

/** What {@link foundFormat} says. Of devices it has no numbers. */
export function parseFound(output: Buffer): readonly ContainerFile[] {
  const fields = output.toString('latin1').split('\0');
  const files: ContainerFile[] = [];
  for (let at = 0; at + fieldCount < fields.length; at += fieldCount) {
    const [path = '', letter = '', mode, uid, gid, size, time = '', target = ''] = fields.slice(at);
    const type = typeLetters.get(letter) ?? 'fifo';
    files.push(
      toFile(path as LayerPath, type, {
        mode: Number.parseInt(mode ?? '', 8),
        uid: Number(uid),
        gid: Number(gid),
        size: Number(size),
        // It writes ten places.
        mtime: time.replace(/(\.\d{9})\d*$/, '$1').replace(/\.0+$/, ''),
        target,
      }),
    );
  }
  return files;
}

/**
 * For a `find` and a `stat` of any kind, busybox has both: a folder and what is directly in it. First the names and an
 * empty one; then a line for each, in the same order, and an empty one; then the targets of the links.
 */
export const listScript = [
  'find -H "$1" -maxdepth 1 -print0',
  `printf '\\0'`,
  `find -H "$1" -maxdepth 1 -exec stat -c '%f %u %g %s %Y %t %T' {} +`,
  'echo',
  `find -H "$1" -mindepth 1 -maxdepth 1 -type l -exec readlink {} ';'`,
].join(' && ');

/** For a `stat` of any kind: a line for each path, empty where nothing is, an empty one, and the targets of the links. */
export const lookupScript = [
  `for p do stat -c '%f %u %g %s %Y %t %T' "$p" 2>/dev/null || echo; done`,
  'echo',
  'for p do test -h "$p" && readlink "$p"; done',
  'true',
].join('; ');

/** What {@link listScript} says; undefined when its parts do not fit: something changed meanwhile, or it is no such output. */
export function parseListed(output: Buffer, directory: LayerPath): readonly ContainerFile[] | undefined {
  const text = output.toString('latin1');
  const namesEnd = text.indexOf('\0\0');
  const linesEnd = text.indexOf('\n\n', namesEnd);
  if (namesEnd < 0 || linesEnd < 0) return undefined;
  const names = text.slice(0, namesEnd).split('\0');
  const lines = text.slice(namesEnd + 2, linesEnd).split('\n');
  if (names.length !== lines.length) return undefined;
  // The folder itself may be a link, whose target is not told.
  const paths = names.map((name, at) =>
    at === 0 ? directory : joinPath(directory, baseName(name as LayerPath)),
  );
  return parseLines(lines, paths, text.slice(linesEnd + 2), 1);
}

/** What {@link lookupScript} says of these paths; undefined when it is no such output. */
export function parseLookedUp(
  output: Buffer,
  paths: readonly LayerPath[],
): readonly ContainerFile[] | undefined {
  const text = output.toString('latin1');
  const lines = text.split('\n', paths.length + 1);
  if (lines.length <= paths.length || lines.pop() !== '') return undefined;
  const there = lines.flatMap((line, at) => (line === '' ? [] : [at]));
  const linesLength = lines.reduce((length, line) => length + line.length + 1, 1);
  return parseLines(
    there.map((at) => lines[at] ?? ''),
    there.map((at) => paths[at] ?? rootPath),
    text.slice(linesLength),
    0,
  );
}

/** @param firstLink from which path on targets of links are told. */
function parseLines(
  lines: readonly string[],
  paths: readonly LayerPath[],
  targets: string,
  firstLink: number,
): readonly ContainerFile[] | undefined {
  const files: ContainerFile[] = [];
  let told = 0;
  for (const [at, line] of lines.entries()) {
    const facts = parseStatLine(line);
    if (facts === undefined) return undefined;
    const { type, size } = facts;
    const length = at >= firstLink && type === 'symlink' ? size : -1;
    if (length >= 0 && targets[told + length] !== '\n') return undefined;
    files.push(
      toFile(paths[at] ?? rootPath, type, {
        ...facts,
        target: targets.slice(told, told + Math.max(length, 0)),
      }),
    );
    told += length + 1;
  }
  return files;
}

interface Facts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: string;
  readonly target: string;
  readonly device?: { readonly major: number; readonly minor: number };
}

/** Mode in hexadecimal with its type, owner, group, size, seconds, and a device's numbers in hexadecimal. */
function parseStatLine(line: string): (Omit<Facts, 'target'> & { readonly type: EntryType }) | undefined {
  const match = /^([0-9a-f]+) (\d+) (\d+) (\d+) (-?\d+) ([0-9a-f]+) ([0-9a-f]+)$/.exec(line);
  if (match === null) return undefined;
  const [, raw = '', uid, gid, size, mtime = '', major = '', minor = ''] = match;
  const mode = Number.parseInt(raw, 16);
  return {
    type: typeBits.get(mode & 0o170000) ?? 'fifo',
    ...{ mode, uid: Number(uid), gid: Number(gid), size: Number(size), mtime },
    device: { major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) },
  };
}

function toFile(path: LayerPath, type: EntryType, facts: Facts): ContainerFile {
  const { mode, uid, gid, size, mtime, target, device } = facts;
  const isDevice = type === 'char' || type === 'block';
  return {
    path,
    name: baseName(path),
    ...{ type, mode: mode & 0o7777, uid, gid, mtime },
    size: type === 'file' ? size : type === 'symlink' ? target.length : 0,
    ...(type === 'symlink' && { linkTarget: byteName(target) }),
    ...(isDevice && device !== undefined && { device }),
  };
}

// Layers have no sockets, so there is no type for them; like a pipe, one cannot be read.
const typeLetters: ReadonlyMap<string, EntryType> = new Map<string, EntryType>([
  ['f', 'file'],
  ['d', 'dir'],
  ['l', 'symlink'],
  ['c', 'char'],
  ['b', 'block'],
]);

const typeBits: ReadonlyMap<number, EntryType> = new Map<number, EntryType>([
  [0o100000, 'file'],
  [0o040000, 'dir'],
  [0o120000, 'symlink'],
  [0o020000, 'char'],
  [0o060000, 'block'],
]);
