import { Pacer, forEachPaced, hostSliceMs } from '../base/abort.ts';
import { type ByteName, type LayerPath, joinPath, rootPath, splitPath } from '../base/layerPath.ts';
import { damagedLayerIndex } from '../layers/damagedLayerIndex.ts';
import { type LayerIndex, type NodeId, noNode } from '../layers/layerIndex.ts';
import type { MergedDirectory, MergedEntry } from '../rootfs/mergedEntry.ts';
import type { ChangeKind, LayerChange } from '../rootfs/rootfs.ts';
import type { MergedView } from '../rootfs/unionView.ts';
import { pairsByName } from './pairsByName.ts';
import { subtreeSizes } from './subtreeSizes.ts';

/**
 * What one layer of a stack changes, against the union of the layers below it: what it adds, what it lists again, what
 * it hides. Names that it hides are listed with all that was below them, so that a person can look at what is gone.
 *
 * It is led by the layer's own tree: what the layer does not touch costs nothing, however large the union is.
 */
export class LayerChanges {
  readonly #position: number;
  readonly #layer: LayerIndex;
  readonly #below: MergedView;
  readonly #above: MergedView;

  /** @param view the union of the layers up to and including the one that is asked about; of one layer at least. */
  constructor(view: MergedView) {
    this.#position = view.layers.length - 1;
    this.#layer = view.layers.at(-1) ?? damagedLayerIndex([]);
    this.#above = view;
    this.#below = view.below(this.#position);
  }

  /** The changes directly inside a directory, sorted by bytes; none where the layer does nothing. No links are followed. */
  in(directory: LayerPath): readonly LayerChange[] {
    const [before, after] = [this.#below.at(directory), this.#above.at(directory)];
    const node = nodeAt(this.#layer, directory);
    const place = { path: directory, node, before: asDirectory(before), after: asDirectory(after) };
    return Array.from(this.#changesIn(place), (change) => this.#describe(change));
  }

  /** Every change, depth first. */
  *all(): Generator<LayerChange> {
    for (const change of this.#walk()) yield this.#describe(change);
  }

  /** All of them as a list; gives way to other work on the thread now and then. @throws EngineError `cancelled`. */
  async collect(signal?: AbortSignal): Promise<readonly LayerChange[]> {
    const changes: LayerChange[] = [];
    await forEachPaced(this.#walk(), pacerOf(signal), (change) => {
      changes.push(this.#describe(change));
    });
    return changes;
  }

  /**
   * How many paths the layer itself adds, lists again and removes; what is in a removed directory is not counted. Gives
   * way to other work on the thread now and then.
   *
   * @throws EngineError `cancelled`.
   */
  async count(signal?: AbortSignal): Promise<Readonly<Record<ChangeKind, number>>> {
    const counts = { added: 0, modified: 0, removed: 0 };
    await forEachPaced(this.#walk(), pacerOf(signal), ({ kind, isOwn }) => {
      if (isOwn) counts[kind]++;
    });
    return counts;
  }

  *#walk(): Generator<Change> {
    const start = { path: rootPath, node: 0, before: this.#below.root, after: this.#above.root };
    const open = [this.#changesIn(start)];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      yield next.value;
      const { path, node } = next.value;
      const [before, after] = [asDirectory(next.value.before), asDirectory(next.value.after)];
      if (before !== undefined || after !== undefined)
        open.push(this.#changesIn({ path, node, before, after }));
    }
  }

  *#changesIn(place: Place): Generator<Change> {
    const { path, node, before, after } = place;
    const isGone = after === undefined;
    // Where no lower layer shows through, everything that was there is gone but what the layer has anew.
    const hides = isGone || after.parts.at(-1)?.layer === this.#position;
    const hidden = hides && before !== undefined ? this.#below.merger.children(before) : [];
    for (const [below, own] of pairsByName(hidden, isGone ? [] : childrenOf(this.#layer, node))) {
      const name = own?.name ?? below?.name ?? ('' as ByteName);
      const was = below ?? (before && this.#below.merger.child(before, name));
      const is = after && this.#above.merger.child(after, name);
      const kind = this.#kindOf(was, is);
      if (kind === undefined) continue;
      const child = own?.node ?? noNode;
      const isOwn = !isGone && (own === undefined || this.#isListed(own.node));
      yield { path: joinPath(path, name), kind, node: child, before: was, after: is, isOwn };
    }
  }

  #kindOf(before: MergedEntry | undefined, after: MergedEntry | undefined): ChangeKind | undefined {
    if (after === undefined) return before === undefined ? undefined : 'removed';
    if (before === undefined) return 'added';
    // A hard link to nothing is in the layer, but what shows is what was there.
    return topLayerOf(after) === this.#position ? 'modified' : undefined;
  }

  /** Whether the layer has an entry or a removal for it, and not only something below. */
  #isListed(node: NodeId): boolean {
    return !this.#layer.hasEntry(node) || !this.#layer.isImplied(node) || this.#layer.isWhiteout(node);
  }

  #describe({ path, kind, node, before, after, isOwn }: Change): LayerChange {
    return {
      path,
      kind,
      ...(after !== undefined && { entry: this.#above.toEntry(after, path) }),
      ...(before !== undefined && { before: this.#below.toEntry(before, path) }),
      isOwn,
      size: node === noNode ? 0 : (subtreeSizes(this.#layer)[node] ?? 0),
    };
  }
}

function pacerOf(signal: AbortSignal | undefined): Pacer {
  return new Pacer(signal, 'changes', undefined, hostSliceMs);
}

/** A directory as the layer has it, and as it is below and with the layer. */
interface Place {
  readonly path: LayerPath;
  readonly node: NodeId;
  readonly before: MergedDirectory | undefined;
  readonly after: MergedDirectory | undefined;
}

interface Change {
  readonly path: LayerPath;
  readonly kind: ChangeKind;
  readonly node: NodeId;
  readonly before: MergedEntry | undefined;
  readonly after: MergedEntry | undefined;
  readonly isOwn: boolean;
}

function asDirectory(entry: MergedEntry | undefined): MergedDirectory | undefined {
  return entry?.kind === 'directory' ? entry : undefined;
}

function topLayerOf(entry: MergedEntry): number | undefined {
  return entry.kind === 'leaf' ? entry.place.layer : entry.parts[0]?.layer;
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

interface OwnChild {
  readonly name: ByteName;
  readonly node: NodeId;
}

function* childrenOf(layer: LayerIndex, directory: NodeId): Generator<OwnChild> {
  if (directory === noNode) return;
  const first = layer.firstChild(directory);
  const end = first + layer.childCount(directory);
  for (let node = first; node < end; node++) yield { name: layer.name(node), node };
}
