import type { LayerIndex, NodeId } from '../layers/layerIndex.ts';
import type { LayerNode } from './mergedEntry.ts';

/** Where a child's name lies: bytes of one layer's heap. */
interface NamePosition {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Walks the children of one layer's part of a directory. */
export class ChildCursor {
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
export class CursorQueue {
  readonly #cursors: ChildCursor[] = [];

  get first(): ChildCursor | undefined {
    return this.#cursors[0];
  }

  add(cursor: ChildCursor): void {
    if (!cursor.isAtEnd) this.#raise(cursor, this.#cursors.length);
  }

  /** Moves the first cursor on, and to its place; away when it has no more names. */
  advanceFirst(): void {
    const cursors = this.#cursors;
    const first = cursors[0];
    if (first === undefined) return;
    first.advance();
    const moved = first.isAtEnd ? cursors.pop() : first;
    if (moved !== undefined && cursors.length > 0) this.#replaceFirst(moved);
  }

  /**
   * Puts a cursor in the place of the first: down to a leaf first, then up from there. A cursor that has moved on mostly
   * belongs near the leaves, and so meets half of the comparisons.
   */
  #replaceFirst(moved: ChildCursor): void {
    const cursors = this.#cursors;
    const { length } = cursors;
    let at = 0;
    for (let below = 1; below < length; below = at * 2 + 1) {
      const [left, right] = [cursors[below], cursors[below + 1]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      cursors[at] = isRight ? right : left;
      at = isRight ? below + 1 : below;
    }
    this.#raise(moved, at);
  }

  #raise(cursor: ChildCursor, from: number): void {
    const cursors = this.#cursors;
    let at = from;
    for (let above = (at - 1) >> 1; at > 0; above = (at - 1) >> 1) {
      const other = cursors[above];
      if (other === undefined || !isBefore(cursor, other)) break;
      cursors[at] = other;
      at = above;
    }
    cursors[at] = cursor;
  }
}

function isBefore(one: ChildCursor, other: ChildCursor): boolean {
  const order = compareNames(one, other);
  return order === 0 ? one.rank < other.rank : order < 0;
}

export function haveSameName(one: NamePosition, other: NamePosition): boolean {
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
