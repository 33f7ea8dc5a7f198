import type { LayerIndex } from '../layers/layerIndex.ts';
import type { LayerNode, MergedEntry } from './mergedEntry.ts';

/** Finds out what one name is, from the highest layer that has it to the lowest that matters. */
export class NameMerge {
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
