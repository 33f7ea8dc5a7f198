import { type LayerPath, joinPath, rootPath } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import type { MergedDirectory, MergedEntry } from '../rootfs/mergedEntry.ts';
import type { ChangeKind, RootfsEntry } from '../rootfs/rootfs.ts';
import type { MergedView } from '../rootfs/unionView.ts';
import { type Aspect, differencesOf, type SameContent } from './differences.ts';
import { pairsByName } from './pairsByName.ts';

/** One path that two file systems do not have alike. */
export interface ViewChange {
  readonly path: LayerPath;
  readonly kind: ChangeKind;
  readonly before?: RootfsEntry;
  readonly after?: RootfsEntry;
  /** What differs, for `modified`; never empty. */
  readonly differs: readonly Aspect[];
}

/**
 * What must change in one file system to get another, depth first; what is in an added or removed directory is listed
 * too. What both have from the same layers is not looked at: images that share a base are compared by what is above it.
 *
 * @param sameContent asked for files of one size where a layer has no hashes.
 */
export async function* compareViews(
  before: MergedView,
  after: MergedView,
  sameContent: SameContent,
): AsyncGenerator<ViewChange> {
  const comparison = { before, after, mayShare: !before.hasLowerLinks && !after.hasLowerLinks };
  const open = [pairsIn(comparison, { path: rootPath, before: before.root, after: after.root })];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const next = level.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const pair = next.value;
    const change = await changeOf(comparison, pair, sameContent);
    if (change !== undefined) yield change;
    open.push(pairsIn(comparison, pair));
  }
}

interface Comparison {
  readonly before: MergedView;
  readonly after: MergedView;
  /** Whether the same parts mean the same contents: only links into lower layers could make a difference. */
  readonly mayShare: boolean;
}

interface Pair {
  readonly path: LayerPath;
  readonly before: MergedEntry | undefined;
  readonly after: MergedEntry | undefined;
}

function* pairsIn(comparison: Comparison, { path, before, after }: Pair): Generator<Pair> {
  if (isShared(comparison, before, after)) return;
  const [left, right] = [childrenOf(comparison.before, before), childrenOf(comparison.after, after)];
  for (const [one, other] of pairsByName(left, right)) {
    const name = (one ?? other)?.name;
    if (name !== undefined) yield { path: joinPath(path, name), before: one, after: other };
  }
}

function childrenOf(view: MergedView, entry: MergedEntry | undefined): Iterable<MergedEntry> {
  return entry?.kind === 'directory' ? view.merger.children(entry) : [];
}

/** Whether two directories are put together from the same nodes of the same layers. */
function isShared(comparison: Comparison, before?: MergedEntry, after?: MergedEntry): boolean {
  if (!comparison.mayShare || before?.kind !== 'directory' || after?.kind !== 'directory') return false;
  const [left, right] = [partsOf(comparison.before, before), partsOf(comparison.after, after)];
  return (
    left.length === right.length &&
    left.every(({ index, node }, at) => index === right[at]?.index && node === right[at]?.node)
  );
}

interface Part {
  readonly index: LayerIndex | undefined;
  readonly node: number;
}

function partsOf(view: MergedView, { parts }: MergedDirectory): readonly Part[] {
  return parts.map(({ layer, node }) => ({ index: view.layers[layer], node }));
}

async function changeOf(
  comparison: Comparison,
  { path, before, after }: Pair,
  sameContent: SameContent,
): Promise<ViewChange | undefined> {
  const was = before && comparison.before.toEntry(before, path);
  const is = after && comparison.after.toEntry(after, path);
  if (was === undefined) return is && { path, kind: 'added', after: is, differs: [] };
  if (is === undefined) return { path, kind: 'removed', before: was, differs: [] };
  const [old, now] = [
    { layers: comparison.before.layers, entry: was },
    { layers: comparison.after.layers, entry: is },
  ];
  const differs = await differencesOf(old, now, sameContent);
  return differs.length === 0 ? undefined : { path, kind: 'modified', before: was, after: is, differs };
}
