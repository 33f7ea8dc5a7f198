import { ByteTexts } from './byteTexts.ts';
import { indexesWhere } from './indexesWhere.ts';
import { type LayerColumns, narrow } from './layerColumns.ts';
import { type LayerTree, nodeFlag } from './layerTree.ts';
import type { BoundLinks, LowerLinks } from './lowerLinks.ts';

type LowerColumns = Pick<LayerColumns, 'lowerHeap' | 'lowerEnds' | 'lowerNodes' | 'lowerOwn'>;

/** The links that only the union can follow. @param nodes the tree's nodes by place. */
export function layOutLowerLinks(
  tree: LayerTree,
  links: LowerLinks,
  { holders, targets }: BoundLinks,
  nodes: Uint32Array,
): LowerColumns {
  const isLower = (place: number): boolean => tree.has(nodes[place] ?? 0, nodeFlag.isPending);
  const places = holders.size === 0 ? new Uint32Array(0) : indexesWhere(nodes.length, isLower);
  const paths = new ByteTexts();
  for (const place of places) paths.add(links.pathOf(nodes[place] ?? 0, tree));
  const placeOf = places.length === 0 ? new Uint32Array(0) : placesOf(tree.nodes.count, nodes);
  const own = places.map((place) => {
    const target = targets.get(nodes[place] ?? 0);
    return target === undefined ? 0 : (placeOf[target] ?? 0) + 1;
  });
  const { heap, ends } = paths.columns;
  return {
    lowerHeap: heap.slice(),
    lowerEnds: narrow(ends.slice()),
    lowerNodes: narrow(places),
    lowerOwn: narrow(own),
  };
}

function placesOf(count: number, nodes: Uint32Array): Uint32Array {
  const places = new Uint32Array(count);
  nodes.forEach((node, place) => (places[node] = place));
  return places;
}
