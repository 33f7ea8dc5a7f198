import type { ByteName } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';

/** What two versions of a path can differ in. */
export type Aspect = 'content' | 'mode' | 'owner' | 'mtime' | 'xattr' | 'type' | 'link';

/** Whether two files of the same size hold the same bytes; asked only where an index has no hash. */
export type SameContent = (before: RootfsEntry, after: RootfsEntry) => Promise<boolean>;

/** A path as one stack of layers has it. */
export interface EntryVersion {
  readonly layers: readonly LayerIndex[];
  readonly entry: RootfsEntry;
}

/** What differs between two versions of a path. Equal content is equal size and XXH128, or as `sameContent` says. */
export async function differencesOf(
  old: EntryVersion,
  now: EntryVersion,
  sameContent: SameContent,
): Promise<readonly Aspect[]> {
  const [before, after] = [old.entry, now.entry];
  const found: Aspect[] = [];
  if (before.type !== after.type) found.push('type');
  else if (before.linkTarget !== after.linkTarget) found.push('link');
  else if (!isSameDevice(before, after) || !(await hasSameContent(old, now, sameContent)))
    found.push('content');
  if (before.mode !== after.mode) found.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
  if (before.mtime !== after.mtime) found.push('mtime');
  if (!hasSameXattrs(before.xattrs, after.xattrs)) found.push('xattr');
  return found;
}

function isSameDevice(before: RootfsEntry, after: RootfsEntry): boolean {
  return before.device?.major === after.device?.major && before.device?.minor === after.device?.minor;
}

async function hasSameContent(
  old: EntryVersion,
  now: EntryVersion,
  sameContent: SameContent,
): Promise<boolean> {
  const [before, after] = [old.entry, now.entry];
  if (after.type !== 'file') return true;
  if (before.size !== after.size) return false;
  if (before.size === 0) return true;
  const [from, to] = [indexOf(old), indexOf(now)];
  if (from !== undefined && from === to && before.contentNode === after.contentNode) return true;
  const [hash, other] = [from?.contentHash(before.contentNode), to?.contentHash(after.contentNode)];
  return hash !== undefined && other !== undefined ? hash === other : sameContent(before, after);
}

function indexOf({ layers, entry }: EntryVersion): LayerIndex | undefined {
  return layers[entry.contentLayer];
}

type Xattrs = ReadonlyMap<ByteName, ByteName>;

function hasSameXattrs(before: Xattrs = new Map(), after: Xattrs = new Map()): boolean {
  return before.size === after.size && [...before].every(([name, value]) => after.get(name) === value);
}
