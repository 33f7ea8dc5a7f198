import { type LayerPath, joinPath, rootPath, splitPath } from '../base/layerPath.ts';
import { damagedLayerIndex } from '../layers/damagedLayerIndex.ts';
import { type LayerIndex, type NodeId, noNode } from '../layers/layerIndex.ts';
import type { MergedEntry } from '../rootfs/mergedEntry.ts';
import type { ChangeKind, LayerChange } from '../rootfs/rootfs.ts';
import { createUnionView, type MergedView } from '../rootfs/unionView.ts';
import { subtreeSizes } from './subtreeSizes.ts';

/**
 * What one layer of a stack changes, against the union of the layers below it: what it adds, what it lists again, what
 * it hides. Names that it hides are listed with all that was below them, so that a person can look at what is gone.
 */
export class LayerChanges {
  readonly #layer: LayerIndex;
  readonly #below: MergedView;
  readonly #above: MergedView;

  /** @param stack the layers up to and including the one that is asked about, lowest first; not empty. */
  constructor(stack: readonly LayerIndex[]) {
    this.#layer = stack.at(-1) ?? damagedLayerIndex([]);
    this.#above = createUnionView(stack);
    this.#below = createUnionView(stack.slice(0, -1));
  }

  /** The changes directly inside a directory, sorted by bytes; none where the layer does nothing. */
  in(directory: LayerPath): readonly LayerChange[] {
    return [...this.#changesIn(directory)];
  }

  /** Every change, depth first. */
  *all(directory: LayerPath = rootPath): Generator<LayerChange> {
    const open = [this.#changesIn(directory)];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      yield next.value;
      if (next.value.entry?.type === 'dir' || next.value.before?.type === 'dir')
        open.push(this.#changesIn(next.value.path));
    }
  }

  *#changesIn(directory: LayerPath): Generator<LayerChange> {
    const node = nodeAt(this.#layer, directory);
    for (const [before, after] of pairsByName(
      childrenAt(this.#below, directory),
      childrenAt(this.#above, directory),
    )) {
      const name = (after ?? before)?.name;
      if (name === undefined) continue;
      const own = node === noNode ? noNode : this.#layer.find(node, name);
      const kind = kindOf(before, after, own !== noNode && this.#layer.hasEntry(own));
      if (kind === undefined) continue;
      const path = joinPath(directory, name);
      yield {
        path,
        kind,
        ...(after !== undefined && { entry: this.#above.toEntry(after, path) }),
        ...(before !== undefined && { before: this.#below.toEntry(before, path) }),
        isOwn: own !== noNode && !(this.#layer.hasEntry(own) && this.#layer.isImplied(own)),
        size: own === noNode ? 0 : (subtreeSizes(this.#layer)[own] ?? 0),
      };
    }
  }
}

function kindOf(
  before: MergedEntry | undefined,
  after: MergedEntry | undefined,
  isInLayer: boolean,
): ChangeKind | undefined {
  if (after === undefined) return 'removed';
  if (before === undefined) return 'added';
  return isInLayer ? 'modified' : undefined;
}

function childrenAt(view: MergedView, directory: LayerPath): Iterable<MergedEntry> {
  const entry = view.at(directory);
  return entry?.kind === 'directory' ? view.merger.children(entry) : [];
}

/** The layer's own node at a path, or {@link noNode}. */
export function nodeAt(layer: LayerIndex, path: LayerPath): NodeId {
  let node: NodeId = 0;
  for (const name of splitPath(path)) {
    node = layer.find(node, name);
    if (node === noNode) return noNode;
  }
  return node;
}

/** Two sorted lists side by side: what has the same name is one pair. */
function* pairsByName(
  left: Iterable<MergedEntry>,
  right: Iterable<MergedEntry>,
): Generator<readonly [MergedEntry | undefined, MergedEntry | undefined]> {
  const [lefts, rights] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  let [a, b] = [nextOf(lefts), nextOf(rights)];
  while (a !== undefined || b !== undefined) {
    const takesLeft = a !== undefined && (b === undefined || a.name <= b.name);
    const takesRight = b !== undefined && (a === undefined || b.name <= a.name);
    yield [takesLeft ? a : undefined, takesRight ? b : undefined];
    if (takesLeft) a = nextOf(lefts);
    if (takesRight) b = nextOf(rights);
  }
}

function nextOf(entries: Iterator<MergedEntry>): MergedEntry | undefined {
  const next = entries.next();
  return next.done === true ? undefined : next.value;
}
