import { type LayerPath, parentPath, rootPath } from '../base/layerPath.ts';
import { type LayerIndex, noNode } from '../layers/layerIndex.ts';
import type { ChangeKind, RootfsEntry } from '../rootfs/rootfs.ts';
import { createUnionView, type MergedView } from '../rootfs/unionView.ts';
import { type Aspect, differencesOf, type SameContent } from './differences.ts';
import { nodeAt } from './layerChanges.ts';

/** One layer's touch of a path. */
export interface Touch {
  readonly layer: number;
  readonly change: ChangeKind;
  /** The version this layer left; undefined when it removed the path. */
  readonly entry?: RootfsEntry;
  /** What differs from the version below, for `modified`. Empty: rewritten with the same bytes and attributes. */
  readonly differs: readonly Aspect[];
  /** How a removal came about: its own whiteout, an opaque directory, a parent removed or replaced. */
  readonly removedBy?: 'whiteout' | 'opaque' | 'parent';
}

/**
 * Every layer that touched a path, newest first. Links in the path's parents are followed as the whole union has them.
 *
 * @param layers the stack, lowest first.
 */
export async function blame(
  layers: readonly LayerIndex[],
  path: LayerPath,
  sameContent: SameContent,
): Promise<readonly Touch[]> {
  const view = createUnionView(layers);
  const place = view.followParents(path);
  const touches: Touch[] = [];
  let before: RootfsEntry | undefined;
  for (const [position, layer] of layers.entries()) {
    const after = entryAt(view.below(position + 1), place);
    const version = { layers, layer, position, before, after };
    const touch = await touchOf(version, place, sameContent);
    if (touch !== undefined) touches.push(touch);
    before = after;
  }
  return touches.reverse();
}

/** A path in the union below a layer and in the one with it. */
interface Version {
  readonly layers: readonly LayerIndex[];
  readonly layer: LayerIndex;
  readonly position: number;
  readonly before: RootfsEntry | undefined;
  readonly after: RootfsEntry | undefined;
}

async function touchOf(
  version: Version,
  path: LayerPath,
  sameContent: SameContent,
): Promise<Touch | undefined> {
  const { layers, layer, position, before, after } = version;
  if (after === undefined) {
    if (before === undefined) return undefined;
    return { layer: position, change: 'removed', differs: [], removedBy: removalOf(layer, path) };
  }
  if (before === undefined) return { layer: position, change: 'added', entry: after, differs: [] };
  if (!isTouched(version, path)) return undefined;
  const differs = await differencesOf({ layers, entry: before }, { layers, entry: after }, sameContent);
  return { layer: position, change: 'modified', entry: after, differs };
}

/** Whether the layer lists what was there before, or replaces it; a directory on the way to something is neither. */
function isTouched({ layer, position, before, after }: Version, path: LayerPath): boolean {
  if (after?.layer !== position) return false;
  const node = nodeAt(layer, path);
  return !layer.isImplied(node) || layer.isWhiteout(node) || before?.type !== 'dir';
}

function entryAt(view: MergedView, path: LayerPath): RootfsEntry | undefined {
  const entry = view.at(path);
  return entry && view.toEntry(entry, path);
}

/** Looks from the path up for what in the layer hides it. */
function removalOf(layer: LayerIndex, path: LayerPath): 'whiteout' | 'opaque' | 'parent' {
  const own = nodeAt(layer, path);
  if (own !== noNode && layer.isWhiteout(own)) return 'whiteout';
  for (let at = path; at !== rootPath;) {
    at = parentPath(at);
    const node = nodeAt(layer, at);
    if (node === noNode) continue;
    if (layer.isWhiteout(node) || layer.type(node) !== 'dir') return 'parent';
    if (layer.isOpaque(node)) return 'opaque';
  }
  return 'parent';
}
