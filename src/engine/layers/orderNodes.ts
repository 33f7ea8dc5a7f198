import { nodeState } from './judgeNodes.ts';
import type { LayerTree } from './layerTree.ts';
import { sortNames } from './sortNames.ts';

export interface Places {
  /** The tree's node by new number. */
  readonly nodes: Uint32Array;
  readonly firstChildren: Uint32Array;
  /** Names sorted: the old number by rank, and the rank by old number. */
  readonly nameOrder: Uint32Array;
  readonly nameRanks: Uint32Array;
}

/** Numbers the kept nodes breadth first, children by the bytes of their names; in linear time but for the names. */
export function orderNodes(tree: LayerTree, states: Uint8Array): Places {
  const nameOrder = sortNames(tree.names.texts.columns);
  const nameRanks = new Uint32Array(nameOrder.length);
  nameOrder.forEach((name, rank) => (nameRanks[name] = rank));
  const byName = nodesByName(tree, states, nameRanks);
  const { parents } = tree.nodes;
  const starts = startsOf(byName, (node) => parents[node] ?? 0, states.length);
  const children = new Uint32Array(byName.length);
  const free = starts.slice();
  for (const node of byName) {
    const parent = parents[node] ?? 0;
    const at = free[parent] ?? 0;
    children[at] = node;
    free[parent] = at + 1;
  }
  return { ...breadthFirst(children, starts), nameOrder, nameRanks };
}

/** Kept nodes but the root, sorted by name alone (a counting sort). */
function nodesByName(tree: LayerTree, states: Uint8Array, ranks: Uint32Array): Uint32Array {
  const kept = new Uint32Array(states.length);
  let count = 0;
  for (let node = 1; node < states.length; node++)
    if (((states[node] ?? 0) & nodeState.kept) !== 0) kept[count++] = node;
  const nodes = kept.subarray(0, count);
  const { names } = tree.nodes;
  const rankOf = (node: number): number => ranks[names[node] ?? 0] ?? 0;
  const free = startsOf(nodes, rankOf, ranks.length);
  const sorted = new Uint32Array(count);
  for (const node of nodes) {
    const rank = rankOf(node);
    const at = free[rank] ?? 0;
    sorted[at] = node;
    free[rank] = at + 1;
  }
  return sorted;
}

/** Where the items of each key begin when they lie by key; one longer than the keys. */
function startsOf(items: Uint32Array, keyOf: (item: number) => number, keys: number): Uint32Array {
  const starts = new Uint32Array(keys + 1);
  for (const item of items) {
    const next = keyOf(item) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let key = 1; key <= keys; key++) starts[key] = (starts[key] ?? 0) + (starts[key - 1] ?? 0);
  return starts;
}

function breadthFirst(children: Uint32Array, starts: Uint32Array): Pick<Places, 'nodes' | 'firstChildren'> {
  const nodes = new Uint32Array(children.length + 1);
  const firstChildren = new Uint32Array(nodes.length + 1);
  let free = 1;
  for (let place = 0; place < nodes.length; place++) {
    const node = nodes[place] ?? 0;
    firstChildren[place] = free;
    for (let at = starts[node] ?? 0, end = starts[node + 1] ?? 0; at < end; at++)
      nodes[free++] = children[at] ?? 0;
  }
  firstChildren[nodes.length] = free;
  return { nodes, firstChildren };
}
