import { indexesWhere } from './indexesWhere.ts';
import { type LayerColumns, narrow } from './layerColumns.ts';
import { type LayerTree, nodeFlag } from './layerTree.ts';

/** Which places of a laid-out tree are names of one inode. */
export class LinkGroups {
  /** By place the node with the attributes: another one for hard links. */
  readonly holders: Uint32Array;
  /** Places of inodes with several names, ascending (`high`), and beside each the lowest place of its group (`low`). */
  readonly #byPlace: Pairs;
  readonly #byGroup: Pairs;

  /** @param own the holders of links whose target was not there when they came. */
  constructor(tree: LayerTree, own: ReadonlyMap<number, number>, nodes: Uint32Array) {
    const holders = tree.hasLinks ? nodes.map((node) => own.get(node) ?? tree.inode(node)) : nodes;
    this.holders = holders;
    const isLinked = (place: number): boolean => tree.has(holders[place] ?? 0, nodeFlag.isLinked);
    const places = tree.hasLinks ? indexesWhere(nodes.length, isLinked) : new Uint32Array(0);
    const byHolder = sortPairs({ high: places.map((place) => holders[place] ?? 0), low: places });
    this.#byGroup = sortPairs(withSeveralNames(byHolder));
    this.#byPlace = sortPairs({ high: this.#byGroup.low, low: this.#byGroup.high });
  }

  /** The lowest place of the inode's names, where it has several. */
  groupOf(place: number): number | undefined {
    const { high, low } = this.#byPlace;
    let from = 0;
    let to = high.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((high[middle] ?? 0) < place) from = middle + 1;
      else to = middle;
    }
    return high[from] === place ? low[from] : undefined;
  }

  columns(): Pick<LayerColumns, 'linkedNodes' | 'linkGroups' | 'linkedByGroup'> {
    return {
      linkedNodes: narrow(this.#byPlace.high),
      linkGroups: narrow(this.#byPlace.low),
      linkedByGroup: narrow(this.#byGroup.low),
    };
  }
}

interface Pairs {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** In the order of `high`, then of `low`; natively, as 64-bit numbers (little endian). */
function sortPairs({ high, low }: Pairs): Pairs {
  const keys = new BigUint64Array(high.length);
  const halves = new Uint32Array(keys.buffer);
  high.forEach((value, at) => (halves[at * 2 + 1] = value));
  low.forEach((value, at) => (halves[at * 2] = value));
  keys.sort();
  return { high: high.map((_, at) => halves[at * 2 + 1] ?? 0), low: low.map((_, at) => halves[at * 2] ?? 0) };
}

/** The runs of one holder longer than one, each as its lowest place and all places. */
function withSeveralNames({ high, low }: Pairs): Pairs {
  const groups = new Uint32Array(high.length);
  const places = new Uint32Array(high.length);
  let count = 0;
  for (let at = 0, end = 0; at < high.length; at = end) {
    while (end < high.length && high[end] === high[at]) end++;
    for (let name = at; name < end && end - at > 1; name++) {
      groups[count] = low[at] ?? 0;
      places[count++] = low[name] ?? 0;
    }
  }
  return { high: groups.slice(0, count), low: places.slice(0, count) };
}
