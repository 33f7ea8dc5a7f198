import type { LayerPath } from '../base/layerPath.ts';
import type { LayerIndex, NodeId } from '../layers/layerIndex.ts';

/** The path of a node in its layer. */
export function pathOfNode(index: LayerIndex, node: NodeId): LayerPath {
  const names: string[] = [];
  for (let at = node; at !== 0; at = index.parent(at)) names.push(index.name(at));
  return `/${names.reverse().join('/')}` as LayerPath;
}
