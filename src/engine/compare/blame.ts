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
  const place = createUnionView(layers).lookup(path)?.path ?? path;
  const touches: Touch[] = [];
  let below = createUnionView([]);
  for (const [position, layer] of layers.entries()) {
    const above = createUnionView(layers.slice(0, position + 1));
    const touch = await touchOf({ layers, layer, position, below, above }, place, sameContent);
    if (touch !== undefined) touches.push(touch);
    below = above;
  }
  return touches.reverse();
}

interface Step {
  readonly layers: readonly LayerIndex[];
  readonly layer: LayerIndex;
  readonly position: number;
  readonly below: MergedView;
  readonly above: MergedView;
}

async function touchOf(step: Step, path: LayerPath, sameContent: SameContent): Promise<Touch | undefined> {
  const { layer, position } = step;
  const [before, after] = [entryAt(step.below, path), entryAt(step.above, path)];
  if (after === undefined) {
    if (before === undefined) return undefined;
    return { layer: position, change: 'removed', differs: [], removedBy: removalOf(layer, path) };
  }
  if (before === undefined) return { layer: position, change: 'added', entry: after, differs: [] };
  const node = nodeAt(layer, path);
  const isTouched = node !== noNode && layer.hasEntry(node);
  if (!isTouched || (layer.isImplied(node) && before.type === 'dir')) return undefined;
  const differs = await differencesOf(step.layers, before, after, sameContent);
  return { layer: position, change: 'modified', entry: after, differs };
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
