import type { ByteName } from '../base/layerPath.ts';
import { type LayerIndex, noNode } from '../layers/layerIndex.ts';
import type { LayerNode, MergedDirectory, MergedEntry } from './mergedEntry.ts';
import { ChildCursor, CursorQueue, haveSameName } from './nameCursors.ts';
import { NameMerge } from './nameMerge.ts';

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
