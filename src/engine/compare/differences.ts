import type { ByteName } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';

/** What two versions of a path can differ in. */
export type Aspect = 'content' | 'mode' | 'owner' | 'mtime' | 'xattr' | 'type' | 'link';

/** Whether two files of the same size hold the same bytes; asked only where an index has no hash. */
export type SameContent = (before: RootfsEntry, after: RootfsEntry) => Promise<boolean>;

/** What differs between two versions of a path. Equal content is equal size and XXH128, or as `sameContent` says. */
export async function differencesOf(
  layers: readonly LayerIndex[],
  before: RootfsEntry,
  after: RootfsEntry,
  sameContent: SameContent,
): Promise<readonly Aspect[]> {
  const found: Aspect[] = [];
  if (before.type !== after.type) found.push('type');
  else if (after.type === 'file' && !(await hasSameContent(layers, before, after, sameContent)))
    found.push('content');
  else if (after.type === 'symlink' && before.linkTarget !== after.linkTarget) found.push('link');
  else if (before.device?.major !== after.device?.major || before.device?.minor !== after.device?.minor)
    found.push('content');
  if (before.mode !== after.mode) found.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
  if (before.mtime !== after.mtime) found.push('mtime');
  if (!hasSameXattrs(before.xattrs, after.xattrs)) found.push('xattr');
  return found;
}

async function hasSameContent(
  layers: readonly LayerIndex[],
  before: RootfsEntry,
  after: RootfsEntry,
  sameContent: SameContent,
): Promise<boolean> {
  if (before.size !== after.size) return false;
  if (before.size === 0) return true;
  const isOne = before.contentLayer === after.contentLayer && before.contentNode === after.contentNode;
  if (isOne) return true;
  const [old, now] = [before, after].map((entry) =>
    layers[entry.contentLayer]?.contentHash(entry.contentNode),
  );
  return old !== undefined && now !== undefined ? old === now : sameContent(before, after);
}

type Xattrs = ReadonlyMap<ByteName, ByteName>;

function hasSameXattrs(before: Xattrs = new Map(), after: Xattrs = new Map()): boolean {
  return before.size === after.size && [...before].every(([name, value]) => after.get(name) === value);
}
