import type { MoreNode, Node } from '../nodes.ts';

/** Children shown at once; a tree of tens of thousands of rows would stop VS Code. */
export const pageSize = 500;

/** How many children of each node are shown, and the node that shows more. */
export class Paging {
  readonly #shown = new Map<string, number>();

  /** The children that are shown, and a {@link MoreNode} when there are others. Nodes are made only for those. */
  page<T>(parent: Node, all: readonly T[], toNode: (item: T) => Node): readonly Node[] {
    const limit = this.#shown.get(parent.id) ?? pageSize;
    if (all.length <= limit) return all.map(toNode);
    const more: MoreNode = { kind: 'more', id: `${parent.id}/…more`, parent, hidden: all.length - limit };
    return [...all.slice(0, limit).map(toNode), more];
  }

  showMore(parent: Node): void {
    this.#shown.set(parent.id, (this.#shown.get(parent.id) ?? pageSize) + pageSize);
  }

  /** Makes sure that the child at a position is shown. Returns whether more are shown than before. */
  showUpTo(parent: Node, position: number): boolean {
    const limit = this.#shown.get(parent.id) ?? pageSize;
    if (position < limit) return false;
    this.#shown.set(parent.id, Math.ceil((position + 1) / pageSize) * pageSize);
    return true;
  }
}
