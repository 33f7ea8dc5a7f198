import { LayerIndexBuilder } from '../layers/layerIndexBuilder.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { type ChangesetEntry, changesetEntries } from './changesetEntries.ts';
import { type InodeId, rootInode } from './inode.ts';
import { typeflags, wholeSeconds } from './layerTarHeader.ts';
import type { UpperState } from './upperState.ts';

/**
 * The writable layer as the index of a layer, so that all that can be asked of a stack of layers can be asked of a
 * container: who touched a path, what changed, what matches a pattern. It has no content hashes, and where a file's bytes
 * lie in the tar it has the file's inode. Costs what the layer holds.
 */
export function indexUpper(state: UpperState): LayerIndex {
  const builder = new LayerIndexBuilder();
  const root = state.inode(rootInode);
  if (root !== undefined)
    addEntry(builder, { head: { ...root, name: './', size: 0 }, content: [], inode: rootInode });
  for (const entry of changesetEntries(state)) addEntry(builder, entry);
  return builder.finish({ isComplete: true, hasContentHashes: false, tarSize: 0 });
}

function addEntry(builder: LayerIndexBuilder, { head, inode = rootInode }: ChangesetEntry): void {
  const { name, mode, uid, gid, size, mtime = '0', linkName = '', device, xattrs, type } = head;
  builder.entry({
    name,
    typeflag: typeflags[type].charCodeAt(0),
    mode,
    uid,
    gid,
    size,
    mtimeSeconds: wholeSeconds(mtime),
    mtimeNanoseconds: nanosecondsOf(mtime),
    linkName,
    deviceMajor: device?.major ?? 0,
    deviceMinor: device?.minor ?? 0,
    dataOffset: inode,
    xattrs,
    sparseMap: undefined,
  });
}

/** The inode of a file's node in such an index. */
export function inodeIn(index: LayerIndex, node: number): InodeId {
  return index.dataOffset(node);
}

/** What decimal seconds have above whole ones. */
function nanosecondsOf(mtime: string): number {
  const part = Number((mtime.split('.')[1] ?? '').slice(0, 9).padEnd(9, '0'));
  return mtime.startsWith('-') && part > 0 ? 1_000_000_000 - part : part;
}
