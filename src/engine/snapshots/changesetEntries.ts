import { EngineError } from '../base/errors.ts';
import { joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import type { Inode, InodeId, Piece } from './inode.ts';
import type { TarEntryHead } from './layerTarHeader.ts';
import { lengthOf } from './pieces.ts';
import type { UpperDirectory, UpperNode, UpperState } from './upperState.ts';

/** An entry of the writable layer as a layer's tar has it. */
export interface ChangesetEntry {
  readonly head: TarEntryHead;
  /** The bytes that follow the header; as many as it says. */
  readonly content: readonly Piece[];
  /** Undefined for markers. */
  readonly inode?: InodeId;
}

/**
 * The writable layer as entries of a tar (formats.md §3.2): first what is removed and hidden, then the entries, folders
 * before what is in them and names by their bytes. Every folder on the way is listed, so that its attributes are kept;
 * the root is not. Files with several names come once and are linked to. A folder made anew is marked as opaque and never
 * removed, since engines disagree on that.
 */
export function* changesetEntries(state: UpperState): Iterable<ChangesetEntry> {
  for (const name of markersIn(state.root, '')) yield { head: { ...marker, name }, content: [] };
  const first = new Map<InodeId, string>();
  for (const { path, node } of nodesIn(state.root, rootPath)) {
    const inode = state.inode(node.inode);
    if (inode === undefined) throw new EngineError('internal', path, 'a name has no inode');
    const name = path.slice(1);
    const linkName = first.get(node.inode);
    if (linkName === undefined) first.set(node.inode, name);
    const own = { name: node.kind === 'directory' ? `${name}/` : name, inode, id: node.inode };
    yield linkName === undefined ? entryOf(own) : linkTo(linkName, own);
  }
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

interface Named {
  readonly name: string;
  readonly inode: Inode;
  readonly id: InodeId;
}

function entryOf({ name, inode, id }: Named): ChangesetEntry {
  const { content, linkTarget } = inode;
  const link = linkTarget === undefined ? {} : { linkName: linkTarget };
  return { head: { ...inode, ...link, name, size: lengthOf(content) }, content, inode: id };
}

/** Another name of a file that came before. */
function linkTo(linkName: string, named: Named): ChangesetEntry {
  const { head, inode } = entryOf(named);
  return { head: { ...head, type: 'hardlink', linkName, size: 0 }, content: [], ...(inode && { inode }) };
}
