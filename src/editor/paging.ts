/** Children shown at once; a tree of tens of thousands of rows would stop VS Code. */
export const pageSize = 500;

/** Beyond this position a child is not shown only because it is looked for. */
const farthestReach = 10 * pageSize;

/** How many children of each node are shown, and the node that shows more. */
export class Paging<Node extends { readonly id: string }> {
  readonly #shown = new Map<string, number>();
  readonly #onChange: (parent: Node) => void;
  readonly #toMore: (parent: Node, id: string, hidden: number) => Node;

  /**
   * @param onChange told when a node shows more children than before.
   * @param toMore makes the node that stands for the children of `parent` that are not shown.
   */
  constructor(onChange: (parent: Node) => void, toMore: (parent: Node, id: string, hidden: number) => Node) {
    this.#onChange = onChange;
    this.#toMore = toMore;
  }

  /** The children that are shown, and a node for the others when there are any. Nodes are made only for those. */
  page<T>(parent: Node, all: readonly T[], toNode: (item: T) => Node): readonly Node[] {
    const limit = this.#limitOf(parent);
    if (all.length <= limit) return all.map(toNode);
    const more = this.#toMore(parent, `${parent.id}/…more`, all.length - limit);
    return [...all.slice(0, limit).map(toNode), more];
  }

  showMore(parent: Node): void {
    this.#shown.set(parent.id, this.#limitOf(parent) + pageSize);
    this.#onChange(parent);
  }

  /** Shows the child at a position, unless it is too far down. Returns whether it is shown. */
  reach(parent: Node, position: number): boolean {
    if (position < this.#limitOf(parent)) return true;
    if (position >= farthestReach) return false;
    this.#shown.set(parent.id, Math.ceil((position + 1) / pageSize) * pageSize);
    this.#onChange(parent);
    return true;
  }

  #limitOf(parent: Node): number {
    return this.#shown.get(parent.id) ?? pageSize;
  }
}
