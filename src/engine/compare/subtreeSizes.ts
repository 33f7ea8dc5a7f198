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
  // Parents come before their children, so going back every node is whole before it is added to its parent.
  for (let node = layer.nodeCount - 1; node >= 0; node--) {
    if (layer.hasEntry(node) && layer.inode(node) === node && layer.lowerLinkTarget(node) === undefined)
      sizes[node] = (sizes[node] ?? 0) + layer.size(node);
    if (node > 0) {
      const parent = layer.parent(node);
      sizes[parent] = (sizes[parent] ?? 0) + (sizes[node] ?? 0);
    }
  }
  return sizes;
}
