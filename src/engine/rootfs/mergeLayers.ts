import type { ByteName } from '../base/layerPath.ts';
import { type LayerIndex, type NodeId, noNode } from '../layers/layerIndex.ts';
import type { LayerNode, MergedDirectory, MergedEntry } from './mergedEntry.ts';

/** What a hard link into a lower layer leads to; undefined when it leads nowhere, and so is not there. */
export type FollowLowerLink = (link: LayerNode) => LayerNode | undefined;

/**
 * Merges directories of a stack of layers one at a time, by the rules of formats.md §2.2 (4, 5, 8): removals first,
 * then what the layer has; a directory over a directory adds to it, anything else replaces.
 */
export class LayerMerger {
  readonly layers: readonly LayerIndex[];
  readonly #follow: FollowLowerLink;

  constructor(layers: readonly LayerIndex[], follow: FollowLowerLink) {
    this.layers = layers;
    this.#follow = follow;
  }

  /** The root of the layers below `end`. */
  root(end = this.layers.length): MergedDirectory {
    const merge = new NameMerge('' as ByteName);
    for (let layer = end - 1; layer >= 0 && !merge.isDone; layer--) this.#feed(merge, { layer, node: 0 });
    const root = merge.result;
    return root?.kind === 'directory'
      ? root
      : { kind: 'directory', name: '' as ByteName, parts: [], listed: undefined };
  }

  child(directory: MergedDirectory, name: ByteName): MergedEntry | undefined {
    const merge = new NameMerge(name);
    for (const { layer, node } of directory.parts) {
      const child = this.#layer(layer)?.find(node, name) ?? noNode;
      if (child !== noNode) this.#feed(merge, { layer, node: child });
      if (merge.isDone) break;
    }
    return merge.result;
  }

  /** Sorted by the bytes of the names. */
  children(directory: MergedDirectory): Iterable<MergedEntry> {
    return directory.parts.length === 1 ? this.#childrenOfOne(directory) : this.#childrenOfMany(directory);
  }

  *#childrenOfOne({ parts }: MergedDirectory): Generator<MergedEntry> {
    const [part] = parts;
    const index = part === undefined ? undefined : this.#layer(part.layer);
    if (part === undefined || index === undefined) return;
    const first = index.firstChild(part.node);
    const end = first + index.childCount(part.node);
    for (let node = first; node < end; node++) {
      const merge = new NameMerge(index.name(node));
      this.#feed(merge, { layer: part.layer, node });
      if (merge.result !== undefined) yield merge.result;
    }
  }

  *#childrenOfMany({ parts }: MergedDirectory): Generator<MergedEntry> {
    const queue = new CursorQueue();
    parts.forEach(({ layer, node }, rank) => {
      const index = this.#layer(layer);
      if (index !== undefined) queue.add(new ChildCursor(index, layer, node, rank));
    });
    for (let cursor = queue.first; cursor !== undefined;) {
      const merge = new NameMerge(cursor.name);
      // Equal names come highest layer first.
      for (; cursor?.name === merge.name; cursor = queue.first) {
        if (!merge.isDone) this.#feed(merge, { layer: cursor.layer, node: cursor.node });
        queue.advanceFirst();
      }
      if (merge.result !== undefined) yield merge.result;
    }
  }

  /** Shows the merge what the next lower layer has at its name. */
  #feed(merge: NameMerge, place: LayerNode): void {
    const index = this.#layer(place.layer);
    if (index === undefined) return;
    if (index.hasEntry(place.node)) this.#feedEntry(merge, index, place);
    if (index.isWhiteout(place.node)) merge.isDone = true;
  }

  #feedEntry(merge: NameMerge, index: LayerIndex, place: LayerNode): void {
    if (index.type(place.node) === 'dir') {
      merge.addDirectory(place, !index.isImplied(place.node), index.isOpaque(place.node));
      return;
    }
    const isLowerLink = index.lowerLinkTarget(place.node) !== undefined;
    const content = isLowerLink ? this.#follow(place) : place;
    if (content !== undefined) merge.addLeaf(place, content);
  }

  #layer(position: number): LayerIndex | undefined {
    return this.layers[position];
  }
}

/** Finds out what one name is, from the highest layer that has it to the lowest that matters. */
class NameMerge {
  readonly name: ByteName;
  /** Whether lower layers cannot change the result. */
  isDone = false;
  result: MergedEntry | undefined;
  #parts: LayerNode[] | undefined;
  #isCut = false;

  constructor(name: ByteName) {
    this.name = name;
  }

  /** A directory above stays, and what is below the leaf no longer shows through. */
  addLeaf(place: LayerNode, content: LayerNode): void {
    this.result ??= { kind: 'leaf', name: this.name, place, content };
    this.isDone = true;
  }

  addDirectory(place: LayerNode, isListed: boolean, isOpaque: boolean): void {
    this.#parts ??= [];
    if (!this.#isCut) this.#parts.push(place);
    // An opaque directory hides children only: what is below it may still give its attributes.
    this.#isCut ||= isOpaque;
    const listed = this.result?.kind === 'directory' ? this.result.listed : undefined;
    const own = listed ?? (isListed ? place : undefined);
    this.result = { kind: 'directory', name: this.name, parts: this.#parts, listed: own };
    this.isDone = this.#isCut && own !== undefined;
  }
}

/** Walks the children of one layer's part of a directory. */
class ChildCursor {
  readonly #index: LayerIndex;
  readonly #end: NodeId;
  readonly layer: number;
  /** Breaks ties between equal names: the highest layer has the lowest. */
  readonly rank: number;
  node: NodeId;
  name: ByteName;

  constructor(index: LayerIndex, layer: number, directory: NodeId, rank: number) {
    this.#index = index;
    this.layer = layer;
    this.rank = rank;
    this.node = index.firstChild(directory);
    this.#end = this.node + index.childCount(directory);
    this.name = this.isAtEnd ? ('' as ByteName) : index.name(this.node);
  }

  get isAtEnd(): boolean {
    return this.node >= this.#end;
  }

  advance(): void {
    this.node++;
    if (!this.isAtEnd) this.name = this.#index.name(this.node);
  }

  isBefore(other: ChildCursor): boolean {
    return this.name < other.name || (this.name === other.name && this.rank < other.rank);
  }
}

/** Cursors by their name: a binary heap. */
class CursorQueue {
  readonly #cursors: ChildCursor[] = [];

  get first(): ChildCursor | undefined {
    return this.#cursors[0];
  }

  add(cursor: ChildCursor): void {
    if (cursor.isAtEnd) return;
    this.#cursors.push(cursor);
    for (let at = this.#cursors.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  advanceFirst(): void {
    const [first] = this.#cursors;
    const last = this.#cursors.at(-1);
    if (first === undefined || last === undefined) return;
    first.advance();
    if (first.isAtEnd) {
      this.#cursors[0] = last;
      this.#cursors.pop();
    }
    this.#sink();
  }

  #sink(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const below of [at * 2 + 1, at * 2 + 2])
        if (below < this.#cursors.length && this.#isBefore(below, least)) least = below;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#cursors[a], this.#cursors[b]];
    return one !== undefined && other !== undefined && one.isBefore(other);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#cursors[a], this.#cursors[b]];
    if (one === undefined || other === undefined) return;
    this.#cursors[a] = other;
    this.#cursors[b] = one;
  }
}
