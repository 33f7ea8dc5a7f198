import { EngineError } from '../base/errors.ts';
import { byteName, joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import type { Inode, InodeId, Piece } from './inode.ts';
import type { TarEntryHead } from './layerTarHeader.ts';
import { lengthOf } from './pieces.ts';
import type { UpperDirectory, UpperState } from './upperState.ts';

/** An entry of the writable layer as a layer's tar has it. */
export interface ChangesetEntry {
  readonly head: TarEntryHead;
  /** The bytes that follow the header; as many as it says. */
  readonly content: readonly Piece[];
  /** Undefined for markers. */
  readonly inode?: InodeId;
}

/**
 * The writable layer as entries of a tar (formats.md §3.2): folders before what is in them, in each first what is hidden
 * and removed, then names by their bytes. Every folder on the way is listed, so that its attributes are kept, and listed
 * before its markers, for which engines would else make it, with attributes of the image's; the root is not. Files with
 * several names come once and are linked to. A folder made anew is marked as opaque and never removed, since engines
 * disagree on that.
 */
export function* changesetEntries(state: UpperState): Iterable<ChangesetEntry> {
  yield* markersIn(state.root, rootPath);
  const first = new Map<InodeId, string>();
  for (const { path, node } of state.walk()) {
    if (node.kind === 'whiteout') continue;
    const inode = state.inode(node.inode);
    if (inode === undefined) throw new EngineError('internal', path, 'a name has no inode');
    const name = path.slice(1);
    const linkName = first.get(node.inode);
    if (linkName === undefined) first.set(node.inode, name);
    const own = { name: node.kind === 'directory' ? `${name}/` : name, inode, id: node.inode };
    yield linkName === undefined ? entryOf(own) : linkTo(linkName, own);
    if (node.kind === 'directory') yield* markersIn(node, path);
  }
}

/** What is hidden and removed directly in a folder. */
function* markersIn({ children, isOpaque }: UpperDirectory, path: LayerPath): Iterable<ChangesetEntry> {
  if (isOpaque) yield markerAt(path, '.wh..wh..opq');
  const removed = [...children].flatMap(([name, node]) => (node.kind === 'whiteout' ? [name] : []));
  for (const name of removed.sort()) yield markerAt(path, `.wh.${name}`);
}

const marker = { type: 'file', mode: 0, uid: 0, gid: 0, mtime: '0', size: 0 } as const;

function markerAt(directory: LayerPath, name: string): ChangesetEntry {
  return { head: { ...marker, name: joinPath(directory, byteName(name)).slice(1) }, content: [] };
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
