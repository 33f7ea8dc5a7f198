import { paddingAfter, tarEnd } from '../archive/tarHeader.ts';
import { EngineError } from '../base/errors.ts';
import { toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { FileTree } from './fileTree.ts';
import { type TarEntryHead, tarHeader } from '../snapshots/layerTarHeader.ts';

/**
 * An entry with all below it as a tar, piece by piece, as `docker cp CONTAINER:PATH -` writes it. Files with several names
 * come once, and the others as links to it.
 *
 * @param name what the entry is called in the tar, as bytes; empty for a folder whose contents alone are meant.
 * @throws EngineError `cancelled`, and what reading throws; then the tar has no end.
 */
export function treeTar(
  tree: FileTree,
  entry: RootfsEntry,
  name: string,
  options?: CallOptions,
): AsyncGenerator<Uint8Array> {
  return entriesTar(tree, namedBelow(tree, entry, name), options);
}

/** The same for entries chosen one by one, each with its name in the tar. */
export async function* entriesTar(
  tree: FileTree,
  entries: Iterable<NamedEntry>,
  options: CallOptions = {},
): AsyncGenerator<Uint8Array> {
  const firstNames = new Map<string, string>();
  let done = 0;
  for (const [each, name] of entries) {
    const head = headOf(tree, each, name, firstNames);
    yield tarHeader(head);
    if (head.type !== 'file') continue;
    for await (const bytes of contentOf(tree, each, options)) {
      yield bytes;
      done += bytes.length;
      options.onProgress?.({ subject: toText(each.path), done });
    }
    yield paddingAfter(head.size);
  }
  yield tarEnd;
}

/** An entry, and what it is called in a tar: bytes, a folder's with a slash at its end. */
export type NamedEntry = readonly [entry: RootfsEntry, name: string];

/** An entry and all below it. @param name see {@link treeTar}. */
export function* namedBelow(tree: FileTree, entry: RootfsEntry, name: string): Iterable<NamedEntry> {
  for (const each of withAllBelow(tree, entry)) yield [each, nameIn(entry, each, name)];
}

function* withAllBelow({ view }: FileTree, entry: RootfsEntry): Iterable<RootfsEntry> {
  yield entry;
  if (entry.type === 'dir') yield* view.walk(entry.path);
}

function nameIn(top: RootfsEntry, { path, type }: RootfsEntry, name: string): string {
  const below = path.slice(top.path === '/' ? 1 : top.path.length + 1);
  const full = [name, below].filter((part) => part !== '').join('/');
  if (type !== 'dir') return full;
  return full === '' ? './' : `${full}/`;
}

function headOf(
  { view }: FileTree,
  entry: RootfsEntry,
  name: string,
  firstNames: Map<string, string>,
): TarEntryHead {
  const { type, mode, uid, gid, mtime, device, xattrs, linkTarget } = entry;
  const same = {
    name,
    mode,
    uid,
    gid,
    ...(mtime !== undefined && { mtime }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
  };
  if (type !== 'file') return { ...same, type, size: 0, ...(linkTarget && { linkName: linkTarget }) };
  const inode = view.layers[entry.contentLayer]?.inode(entry.contentNode) ?? entry.contentNode;
  const key = `${entry.contentLayer} ${inode}`;
  const first = firstNames.get(key);
  if (first !== undefined) return { ...same, type: 'hardlink', size: 0, linkName: first };
  firstNames.set(key, name);
  return { ...same, type, size: entry.size };
}

/** @throws EngineError `size-mismatch` rather than writing a tar that nobody can read on from here. */
async function* contentOf(
  { read }: FileTree,
  entry: RootfsEntry,
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  const { size, path } = entry;
  let done = 0;
  for await (const bytes of size === 0 ? [] : read(entry, { start: 0, end: size }, options)) {
    if (options.signal?.aborted === true) throw new EngineError('cancelled', toText(path), 'cancelled');
    done += bytes.length;
    if (done <= size) yield bytes;
  }
  if (done !== size)
    throw new EngineError('size-mismatch', toText(path), `it has ${done} bytes, and ${size} are expected`);
}
