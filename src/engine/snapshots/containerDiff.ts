import { type ByteName, joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import { wholeSeconds } from './layerTarHeader.ts';
import type { MergedDirectory, MergedEntry } from '../rootfs/mergedEntry.ts';
import type { ChangeKind, FileAttributes } from '../rootfs/rootfs.ts';
import { type ContainerEntry, fromImage } from './containerEntry.ts';
import type { ContainerDirectory, ContainerView } from './containerView.ts';

/** One line of `docker diff`: A, C or D. */
export interface ContainerChange {
  readonly path: LayerPath;
  readonly kind: ChangeKind;
  /** What the image has here. */
  readonly before?: ContainerEntry;
  /** What the container has here. */
  readonly after?: ContainerEntry;
  /** Why it is `modified`; empty for a folder that is listed only for what changed in it. */
  readonly differs: readonly ChangedAspect[];
}

export type ChangedAspect = 'type' | 'content' | 'mode' | 'owner' | 'mtime' | 'capability';

/**
 * What a container changed, by docker's rules (formats.md §3.1): a file counts when its mode, owner, device, size, time or
 * capabilities differ from the image's, a folder when its mode or owner do, or something in it changed. What was touched
 * and is as before is not listed. Sorted by bytes, folders before what is in them; docker gives no order. Costs what the
 * writable layer holds. Undefined, for what does not differ, is a place to give way to other work.
 */
export function* containerDiff(view: ContainerView): Generator<ContainerChange | undefined> {
  const open = [levelOf(view, view.root, view.image.root, rootPath)];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const name = level.names[level.next++];
    if (name === undefined) {
      open.pop();
      continue;
    }
    const { change, isListed, inside } = lookAt(view, level, name);
    if (isListed) yield* foldersOnTheWay(open);
    yield isListed ? change : undefined;
    if (inside !== undefined) open.push(isListed ? inside : { ...inside, unlisted: change });
  }
}

/** A folder that is being looked at. */
interface Level {
  readonly path: LayerPath;
  readonly directory: ContainerDirectory;
  /** What the image has at this path, which an opaque folder hides. */
  readonly lower: MergedDirectory | undefined;
  readonly names: readonly ByteName[];
  next: number;
  /** Its own line, which it has only when something in it changed. */
  unlisted?: ContainerChange | undefined;
}

function levelOf(
  view: ContainerView,
  directory: ContainerDirectory,
  below: MergedEntry | undefined,
  path: LayerPath,
): Level {
  const lower = below?.kind === 'directory' ? below : undefined;
  return { path, directory, lower, names: namesToLookAt(view, directory, lower), next: 0 };
}

/** The lines of the open folders that have none yet: those are the last ones. */
function* foldersOnTheWay(open: readonly Level[]): Iterable<ContainerChange> {
  const first = open.findLastIndex(({ unlisted }) => unlisted === undefined) + 1;
  for (const level of open.slice(first)) {
    if (level.unlisted !== undefined) yield level.unlisted;
    level.unlisted = undefined;
  }
}

/** Names of the writable layer; where it hides the image's folder, those of the folder too. */
function namesToLookAt(
  view: ContainerView,
  { upper, lower: shown }: ContainerDirectory,
  lower: MergedDirectory | undefined,
): readonly ByteName[] {
  const names = new Set(upper?.children.keys());
  if (lower !== undefined && shown === undefined)
    for (const { name } of view.image.merger.children(lower)) names.add(name);
  return [...names].sort();
}

interface Looked {
  readonly change?: ContainerChange;
  readonly isListed: boolean;
  /** What is left to look at. */
  readonly inside?: Level;
}

function lookAt(view: ContainerView, { path: at, directory, lower }: Level, name: ByteName): Looked {
  const path = joinPath(at, name);
  const below = lower && view.image.merger.child(lower, name);
  const node = view.child(directory, name);
  const before = below && fromImage(view.image.toEntry(below, path));
  const after = node && view.toEntry(node, path);
  if (after === undefined)
    return before === undefined
      ? { isListed: false }
      : { change: { path, kind: 'removed', before, differs: [] }, isListed: true };
  const inside = node?.kind === 'directory' ? { inside: levelOf(view, node, below, path) } : {};
  if (before === undefined)
    return { change: { path, kind: 'added', after, differs: [] }, isListed: true, ...inside };
  const differs = differencesOf(before, after);
  const change: ContainerChange = { path, kind: 'modified', before, after, differs };
  return { change, isListed: differs.length > 0, ...inside };
}

/** A file as docker compares it, whoever keeps it. */
type ComparedFile = FileAttributes & { readonly size: number };

/** Why a file counts as changed, as far as is told without reading it: two of one size may differ in time alone. */
export function differencesOf(before: ComparedFile, after: ComparedFile): readonly ChangedAspect[] {
  const found: ChangedAspect[] = [];
  if (before.type !== after.type) found.push('type');
  if (isOtherContent(before, after)) found.push('content');
  if (before.mode !== after.mode) found.push('mode');
  if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
  if (after.type !== 'dir' && before.type === after.type && !isSameTime(before.mtime, after.mtime))
    found.push('mtime');
  if (before.xattrs?.get(capability) !== after.xattrs?.get(capability)) found.push('capability');
  return found;
}

const capability = 'security.capability' as ByteName;

/** As far as sizes and device numbers tell; a link's size is that of its target. */
function isOtherContent(before: ComparedFile, after: ComparedFile): boolean {
  if (before.type !== after.type || after.type === 'dir') return false;
  return (
    before.size !== after.size ||
    before.linkTarget?.length !== after.linkTarget?.length ||
    before.device?.major !== after.device?.major ||
    before.device?.minor !== after.device?.minor
  );
}

/** Equal, or in the same second where one of them has no part of a second: archives often keep none. */
function isSameTime(one = '0', other = '0'): boolean {
  if (wholeSeconds(one) !== wholeSeconds(other)) return false;
  const [part, otherPart] = [partOf(one), partOf(other)];
  return part === otherPart || part === '' || otherPart === '';
}

/** The digits of a part of a second; empty when there is none. */
function partOf(mtime: string): string {
  return (mtime.split('.')[1] ?? '').replace(/0+$/, '');
}
