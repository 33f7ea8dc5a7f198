import type { LayerIndex } from '../layers/layerIndex.ts';

const known = new WeakMap<LayerIndex, Float64Array>();

/** For each node the bytes of file content that the layer itself has at and below it, each inode once. */
export function subtreeSizes(layer: LayerIndex): Float64Array {
  const sizes = known.get(layer) ?? sumUp(layer);
  known.set(layer, sizes);
  return sizes;
}

function sumUp(layer: LayerIndex): Float64Array {
  const sizes = new Float64Array(layer.nodeCount);
  // Children come after their parents, so going back their sums are whole before they are added.
  for (let node = layer.nodeCount - 1; node >= 0; node--) {
    const isCounted = layer.hasEntry(node) && layer.inode(node) === node && !layer.isLowerLink(node);
    let sum = isCounted ? layer.size(node) : 0;
    const first = layer.firstChild(node);
    for (let child = first + layer.childCount(node) - 1; child >= first; child--) sum += sizes[child] ?? 0;
    sizes[node] = sum;
  }
  return sizes;
}
