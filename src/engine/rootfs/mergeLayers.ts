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
    const merge = new NameMerge();
    for (let layer = end - 1; layer >= 0 && !merge.isDone; layer--) this.#feed(merge, { layer, node: 0 });
    const root = merge.result;
    return root?.kind === 'directory'
      ? root
      : { kind: 'directory', name: '' as ByteName, parts: [], listed: undefined };
  }

  child(directory: MergedDirectory, name: ByteName): MergedEntry | undefined {
    const merge = new NameMerge();
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
      const child = this.#onlyChild(index, { layer: part.layer, node });
      if (child !== undefined) yield child;
    }
  }

  /** What a name is that no other layer has: the common case, with nothing to merge. */
  #onlyChild(index: LayerIndex, place: LayerNode): MergedEntry | undefined {
    const { node } = place;
    if (!index.hasEntry(node)) return undefined;
    const name = index.name(node);
    if (index.type(node) === 'dir')
      return { kind: 'directory', name, parts: [place], listed: index.isImplied(node) ? undefined : place };
    const content = this.#contentOf(index, place);
    return content && { kind: 'leaf', name, place, content };
  }

  *#childrenOfMany({ parts }: MergedDirectory): Generator<MergedEntry> {
    const queue = new CursorQueue();
    parts.forEach((part, rank) => {
      const index = this.#layer(part.layer);
      if (index !== undefined) queue.add(new ChildCursor(index, part, rank));
    });
    for (let cursor = queue.first; cursor !== undefined; cursor = queue.first) {
      const merge = new NameMerge();
      const run = cursor.position;
      // Equal names come highest layer first.
      do {
        if (!merge.isDone) this.#feed(merge, cursor.place);
        queue.advanceFirst();
        cursor = queue.first;
      } while (cursor !== undefined && haveSameName(cursor, run));
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
      merge.addDirectory(index, place);
      return;
    }
    const content = this.#contentOf(index, place);
    if (content !== undefined) merge.addLeaf(index, place, content);
  }

  /** Whose attributes and bytes a leaf has; undefined for a link to nothing. */
  #contentOf(index: LayerIndex, place: LayerNode): LayerNode | undefined {
    return index.isLowerLink(place.node) ? this.#follow(place) : place;
  }

  #layer(position: number): LayerIndex | undefined {
    return this.layers[position];
  }
}

/** Finds out what one name is, from the highest layer that has it to the lowest that matters. */
class NameMerge {
  /** Whether lower layers cannot change the result. */
  isDone = false;
  result: MergedEntry | undefined;
  readonly #parts: LayerNode[] = [];
  #isCut = false;

  /** A directory above stays, and what is below the leaf no longer shows through. */
  addLeaf(index: LayerIndex, place: LayerNode, content: LayerNode): void {
    this.result ??= { kind: 'leaf', name: index.name(place.node), place, content };
    this.isDone = true;
  }

  addDirectory(index: LayerIndex, place: LayerNode): void {
    if (!this.#isCut) this.#parts.push(place);
    // An opaque directory hides children only: what is below it may still give its attributes.
    this.#isCut ||= index.isOpaque(place.node);
    const known = this.result?.kind === 'directory' ? this.result : undefined;
    const listed = known?.listed ?? (index.isImplied(place.node) ? undefined : place);
    if (known === undefined || known.listed !== listed) {
      const name = known?.name ?? index.name(place.node);
      this.result = { kind: 'directory', name, parts: this.#parts, listed };
    }
    this.isDone = this.#isCut && listed !== undefined;
  }
}

/** Where a child's name lies: bytes of one layer's heap. */
interface NamePosition {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Walks the children of one layer's part of a directory. */
class ChildCursor {
  readonly #index: LayerIndex;
  readonly #layer: number;
  /** Breaks ties between equal names: the highest layer has the lowest. */
  readonly rank: number;
  readonly #end: NodeId;
  #node: NodeId;
  readonly bytes: Uint8Array;
  start = 0;
  end = 0;

  constructor(index: LayerIndex, part: LayerNode, rank: number) {
    this.#index = index;
    this.#layer = part.layer;
    this.rank = rank;
    this.#node = index.firstChild(part.node);
    this.#end = this.#node + index.childCount(part.node);
    this.bytes = index.nameBytes;
    this.#readName();
  }

  get isAtEnd(): boolean {
    return this.#node >= this.#end;
  }

  get place(): LayerNode {
    return { layer: this.#layer, node: this.#node };
  }

  /** The name, as it stays when the cursor goes on. */
  get position(): NamePosition {
    return { bytes: this.bytes, start: this.start, end: this.end };
  }

  advance(): void {
    this.#node++;
    this.#readName();
  }

  #readName(): void {
    if (this.isAtEnd) return;
    this.start = this.#index.nameStart(this.#node);
    this.end = this.#index.nameEnd(this.#node);
  }
}

/** Cursors by their name: a binary heap, the least at 0. */
class CursorQueue {
  readonly #cursors: ChildCursor[] = [];

  get first(): ChildCursor | undefined {
    return this.#cursors[0];
  }

  add(cursor: ChildCursor): void {
    if (cursor.isAtEnd) return;
    const cursors = this.#cursors;
    let at = cursors.length;
    for (let above = (at - 1) >> 1; at > 0; above = (at - 1) >> 1) {
      const other = cursors[above];
      if (other === undefined || !isBefore(cursor, other)) break;
      cursors[at] = other;
      at = above;
    }
    cursors[at] = cursor;
  }

  /** Moves the first cursor on, and to its place; away when it has no more names. */
  advanceFirst(): void {
    const cursors = this.#cursors;
    const first = cursors[0];
    if (first === undefined) return;
    first.advance();
    const moved = first.isAtEnd ? cursors.pop() : first;
    if (moved !== undefined && cursors.length > 0) this.#sink(moved);
  }

  #sink(moved: ChildCursor): void {
    const cursors = this.#cursors;
    const { length } = cursors;
    let at = 0;
    for (let below = 1; below < length; below = at * 2 + 1) {
      let least = cursors[below];
      const right = cursors[below + 1];
      if (least !== undefined && right !== undefined && isBefore(right, least)) {
        least = right;
        below++;
      }
      if (least === undefined || !isBefore(least, moved)) break;
      cursors[at] = least;
      at = below;
    }
    cursors[at] = moved;
  }
}

function isBefore(one: ChildCursor, other: ChildCursor): boolean {
  const order = compareNames(one, other);
  return order === 0 ? one.rank < other.rank : order < 0;
}

function haveSameName(one: NamePosition, other: NamePosition): boolean {
  return one.end - one.start === other.end - other.start && compareNames(one, other) === 0;
}

function compareNames(one: NamePosition, other: NamePosition): number {
  const { bytes, start } = one;
  const { bytes: otherBytes, start: otherStart } = other;
  const length = one.end - start;
  const otherLength = other.end - otherStart;
  const shared = length < otherLength ? length : otherLength;
  for (let at = 0; at < shared; at++) {
    const difference = (bytes[start + at] ?? 0) - (otherBytes[otherStart + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return length - otherLength;
}
