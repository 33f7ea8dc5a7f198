import type { ByteName } from '../base/layerPath.ts';
import { ByteTexts } from './byteTexts.ts';
import { growU32, grownLength } from './growColumns.ts';
import { type LayerTree, nodeFlag, nodeType } from './layerTree.ts';

/**
 * Hard links whose target the layer did not have when they came. Each names a file of a lower layer, or one that comes
 * later in this layer; which of the two it is, only the union knows, so both are kept.
 */
export class LowerLinks {
  /** Paths of the targets, by number. */
  readonly #paths = new ByteTexts();
  #nodes = new Uint32Array(16);

  /** Notes that `node` is a link to `path`; gives its number, which is to be the node's payload. */
  add(node: number, path: string): number {
    const id = this.#paths.add(path);
    if (id === this.#nodes.length) this.#nodes = growU32(this.#nodes, grownLength(id));
    this.#nodes[id] = node;
    return id;
  }

  pathOf(node: number, tree: LayerTree): ByteName {
    return this.#paths.text(tree.payloads[node] ?? 0);
  }

  /** Binds them to what the layer itself has, now that everything was read; links to links are followed, circles are not. */
  bind(tree: LayerTree): BoundLinks {
    const bound = { holders: new Map<number, number>(), targets: new Map<number, number>() };
    for (let id = 0; id < this.#paths.count; id++) this.#followChain(this.#nodes[id] ?? 0, tree, bound);
    return bound;
  }

  #followChain(from: number, tree: LayerTree, { holders, targets }: MutableLinks): void {
    const chain: number[] = [];
    let node = from;
    while (isPending(node, tree) && !holders.has(node)) {
      // Its own holder until the chain's end is known, and where the chain ends without a file or in a circle.
      holders.set(node, node);
      chain.push(node);
      const target = this.#ownTargetOf(node, tree);
      if (target < 0) continue;
      targets.set(node, target);
      node = tree.inode(target);
    }
    if (chain.length === 0) return;
    const holder = holders.get(node) ?? node;
    tree.set(holder, nodeFlag.isLinked);
    for (const link of chain) holders.set(link, holder);
  }

  /** What the layer has at the target's path, or −1. */
  #ownTargetOf(node: number, tree: LayerTree): number {
    const target = findExactly(tree, this.pathOf(node, tree));
    const type = target < 0 ? nodeType.none : tree.type(target);
    return type === nodeType.none || type === nodeType.dir ? -1 : target;
  }
}

/** By node of a link: the node with the attributes (itself when there is none), and the target in this layer. */
export interface BoundLinks {
  readonly holders: ReadonlyMap<number, number>;
  readonly targets: ReadonlyMap<number, number>;
}

interface MutableLinks {
  readonly holders: Map<number, number>;
  readonly targets: Map<number, number>;
}

function isPending(node: number, tree: LayerTree): boolean {
  return tree.has(node, nodeFlag.isPending);
}

/** The node at a path, no links followed. */
function findExactly(tree: LayerTree, path: string): number {
  let node = 0;
  for (let at = 0; at < path.length && node >= 0;) {
    const slash = path.indexOf('/', at);
    const end = slash < 0 ? path.length : slash;
    node = tree.find(node, path, at, end);
    at = end + 1;
  }
  return node;
}
