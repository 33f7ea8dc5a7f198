import { joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import { EngineError } from '../base/errors.ts';
import type { Inode, InodeId, Piece } from './inode.ts';
import { paddingOf, tarBlock, tarHeader } from './layerTarHeader.ts';
import { lengthOf } from './pieces.ts';
import type { UpperDirectory, UpperNode, UpperState } from './upperState.ts';

/** Gives the bytes of a file that is put together from pieces. */
export type ReadPieces = (pieces: readonly Piece[]) => AsyncIterable<Uint8Array>;

/**
 * The writable layer as a layer's tar (formats.md §3.2): first what is removed and hidden, then the entries, folders
 * before what is in them and names by their bytes. Every folder on the way is listed, so that its attributes are kept;
 * the root is not. Files with several names come once and are linked to. A folder made anew is marked as opaque and never
 * removed, since engines disagree on that. The same state gives the same bytes.
 *
 * @param read must give exactly as many bytes as the pieces have.
 * @throws EngineError `size-mismatch` when it does not.
 */
export async function* writeChangeset(state: UpperState, read: ReadPieces): AsyncGenerator<Uint8Array> {
  for (const name of markersIn(state.root, '')) yield tarHeader({ ...marker, name });
  for (const { name, inode, linkName } of entriesIn(state)) {
    const content = inode.type === 'file' && linkName === undefined ? inode.content : [];
    const size = lengthOf(content);
    yield tarHeader({ ...headOf(inode, linkName), name, size });
    yield* readExactly(read, content, size, name);
    if (paddingOf(size) > 0) yield Buffer.alloc(paddingOf(size));
  }
  yield Buffer.alloc(2 * tarBlock);
}

/** Whether the tar would hold nothing at all. */
export function isEmptyChangeset(state: UpperState): boolean {
  return state.root.children.size === 0;
}

const marker = { type: 'file', mode: 0, uid: 0, gid: 0, mtime: '0', size: 0 } as const;

/** The names of removals and opaque markers, depth first. */
function* markersIn({ children, isOpaque }: UpperDirectory, prefix: string): Iterable<string> {
  if (isOpaque) yield `${prefix}.wh..wh..opq`;
  for (const [name, node] of sorted(children)) {
    if (node.kind === 'whiteout') yield `${prefix}.wh.${name}`;
    if (node.kind === 'directory') yield* markersIn(node, `${prefix}${name}/`);
  }
}

interface Entry {
  readonly name: string;
  readonly inode: Inode;
  /** Set when it is another name of a file that came before. */
  readonly linkName?: string;
}

function* entriesIn(state: UpperState): Iterable<Entry> {
  const first = new Map<InodeId, string>();
  for (const { path, node } of nodesIn(state.root, rootPath)) {
    const inode = state.inode(node.inode);
    if (inode === undefined) throw new EngineError('internal', path, 'a name has no inode');
    const name = path.slice(1);
    const linkName = node.kind === 'leaf' ? first.get(node.inode) : undefined;
    if (linkName === undefined) first.set(node.inode, name);
    yield linkName === undefined
      ? { name: node.kind === 'directory' ? `${name}/` : name, inode }
      : { name, inode, linkName };
  }
}

type EntryNode = Exclude<UpperNode, { readonly kind: 'whiteout' }>;

function* nodesIn(
  directory: UpperDirectory,
  at: LayerPath,
): Iterable<{ readonly path: LayerPath; readonly node: EntryNode }> {
  for (const [name, node] of sorted(directory.children)) {
    const path = joinPath(at, name);
    if (node.kind !== 'whiteout') yield { path, node };
    if (node.kind === 'directory') yield* nodesIn(node, path);
  }
}

function sorted<Name extends string>(children: ReadonlyMap<Name, UpperNode>): readonly [Name, UpperNode][] {
  return [...children].sort(([one], [other]) => (one < other ? -1 : 1));
}

function headOf(
  inode: Inode,
  linkName: string | undefined,
): Omit<Parameters<typeof tarHeader>[0], 'name' | 'size'> {
  const { type, mode, uid, gid, mtime, device, xattrs, linkTarget } = inode;
  const target = linkName ?? linkTarget;
  return {
    type: linkName === undefined ? type : 'hardlink',
    mode,
    uid,
    gid,
    ...(mtime !== undefined && { mtime }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
    ...(target !== undefined && { linkName: target }),
  };
}

async function* readExactly(
  read: ReadPieces,
  content: readonly Piece[],
  size: number,
  name: string,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const bytes of size === 0 ? [] : read(content)) {
    done += bytes.length;
    if (done <= size) yield bytes;
  }
  if (done !== size)
    throw new EngineError('size-mismatch', name, `it has ${done} bytes, and ${size} are expected`);
}
