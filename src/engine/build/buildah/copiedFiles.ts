import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import type { SentContext } from '../classic/sentContext.ts';
import { GoTarHash, type TarMember } from './goTar.ts';
import type { OwnerNames } from './ownerNames.ts';

/** How files are written when they are copied. */
export interface CopyRules {
  readonly names: OwnerNames;
  /** Undefined: each file keeps its own, and bits that set one too. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Permission bits of `--chmod`. */
  readonly mode?: number;
  /** Extended attributes of a path below the context, where they are known. */
  readonly attributes: (path: string) => ReadonlyMap<string, string>;
}

/** A file or directory of the context that a source stands for. */
export interface CopiedItem {
  /** Below the context; links are followed. */
  readonly path: string;
  /** The name in the image where it is one file. */
  readonly name: string;
}

/** The SHA-256 of what buildah sends of one item into the image, hex. */
export function itemDigest(context: SentContext, { path, name }: CopiedItem, rules: CopyRules): string {
  const tar = new GoTarHash();
  const links = new Map<string, string>();
  if (context.nodeAt(path)?.kind !== 'directory') addPath(tar, context, path, name, rules, links);
  else
    for (const inside of walk(context, path)) {
      const node = context.nodeAt(inside);
      const isLeftOut = node?.kind === 'directory' && !node.isSent;
      const below = path === '' ? inside : inside.slice(path.length + 1);
      if (!isLeftOut) addPath(tar, context, inside, below, rules, links);
    }
  return tar.finish();
}

/** Everything below a directory, each before what is in it. */
export function* walk(context: SentContext, directory: string): Generator<string> {
  for (const name of context.namesIn(directory)) {
    const path = directory === '' ? name : `${directory}/${name}`;
    yield path;
    if (context.nodeAt(path)?.kind === 'directory') yield* walk(context, path);
  }
}

function addPath(
  tar: GoTarHash,
  context: SentContext,
  path: string,
  name: string,
  rules: CopyRules,
  links: Map<string, string>,
): void {
  const stats = context.statsAt(path);
  if (stats === undefined) return;
  const inode = `${stats.dev}:${stats.ino}`;
  const first = stats.isFile() && stats.nlink > 1 ? links.get(inode) : undefined;
  if (stats.isFile() && first === undefined) links.set(inode, name);
  tar.add(memberOf(context, path, name, stats, rules, first));
  if (stats.isFile() && first === undefined) writeFile(tar, context.onDisk(path), stats.size);
}

function memberOf(
  context: SentContext,
  path: string,
  name: string,
  stats: Stats,
  rules: CopyRules,
  first: string | undefined,
): TarMember {
  const node = context.nodeAt(path);
  const target = node?.kind === 'link' ? node.target : (first ?? '');
  const isDevice = stats.isCharacterDevice() || stats.isBlockDevice();
  return {
    name,
    type: first === undefined ? typeOf(stats) : '1',
    mode: rules.mode ?? stats.mode & (rules.owner === undefined ? 0o7777 : 0o1777),
    uid: (rules.owner ?? stats).uid,
    gid: (rules.owner ?? stats).gid,
    userName: rules.names.user(stats.uid),
    groupName: rules.names.group(stats.gid),
    size: stats.isFile() && first === undefined ? stats.size : 0,
    target,
    device: isDevice
      ? { major: (stats.rdev >> 8) & 0xfff, minor: stats.rdev & 0xff }
      : { major: 0, minor: 0 },
    attributes: rules.attributes(path),
  };
}

function typeOf(stats: Stats): TarMember['type'] {
  if (stats.isDirectory()) return '5';
  if (stats.isSymbolicLink()) return '2';
  if (stats.isFIFO()) return '6';
  if (stats.isCharacterDevice()) return '3';
  return stats.isBlockDevice() ? '4' : '0';
}

const block = { buffer: undefined as Buffer | undefined };

function writeFile(tar: GoTarHash, path: Buffer, size: number): void {
  const buffer = (block.buffer ??= Buffer.allocUnsafe(256 * 1024));
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    for (let left = size; left > 0;) {
      const read = readSync(file, buffer, 0, Math.min(left, buffer.length), null);
      if (read === 0) break;
      tar.write(buffer.subarray(0, read));
      left -= read;
    }
  } finally {
    closeSync(file);
  }
}
