import type { TextColumns } from './byteTexts.ts';
import { type LayerColumns, narrow } from './layerColumns.ts';
import type { LayerTree } from './layerTree.ts';

type Tables = Pick<
  LayerColumns,
  | 'nameHeap'
  | 'nameEnds'
  | 'owners'
  | 'devices'
  | 'targetHeap'
  | 'targetEnds'
  | 'xattrHeap'
  | 'xattrEnds'
  | 'sparsePieces'
  | 'sparseEnds'
>;

/** What nodes refer to by number. @param nameOrder the names' numbers in the tree, sorted by their bytes. */
export function layOutTables(tree: LayerTree, nameOrder: Uint32Array): Tables {
  const names = sortTexts(tree.names.texts.columns, nameOrder);
  const targets = tree.links.columns;
  const xattrs = tree.xattrSets.texts.columns;
  const sparse = tree.sparsePieces.columns;
  return {
    nameHeap: names.heap,
    nameEnds: narrow(names.ends),
    owners: narrow(tree.owners.pairs),
    devices: Float64Array.from(tree.devices),
    targetHeap: targets.heap.slice(),
    targetEnds: narrow(targets.ends.slice()),
    xattrHeap: xattrs.heap.slice(),
    xattrEnds: narrow(xattrs.ends.slice()),
    sparsePieces: narrow(sparse.pieces),
    sparseEnds: narrow(sparse.ends),
  };
}

function sortTexts({ heap, ends }: TextColumns, order: Uint32Array): TextColumns {
  const sorted = { heap: new Uint8Array(heap.length), ends: new Uint32Array(ends.length) };
  let at = 0;
  order.forEach((id, rank) => {
    const start = id === 0 ? 0 : (ends[id - 1] ?? 0);
    for (let from = start, end = ends[id] ?? 0; from < end; from++) sorted.heap[at++] = heap[from] ?? 0;
    sorted.ends[rank] = at;
  });
  return sorted;
}
