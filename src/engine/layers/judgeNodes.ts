import { type LayerTree, nodeFlag, nodeType } from './layerTree.ts';

/** What of the tree is the layer's, as bits by node. */
export const nodeState = { kept: 1, exists: 2, removed: 4 } as const;

/**
 * Drops what replaced directories held, and directories that only markers imply where the same layer removes them
 * (formats.md §2.2, 6). A parent's number is below its children's, so one pass is enough.
 */
export function judgeNodes(tree: LayerTree): Uint8Array {
  const states = new Uint8Array(tree.nodes.count);
  states[0] = nodeState.kept | nodeState.exists;
  for (let node = 1; node < states.length; node++) {
    const above = states[tree.nodes.parents[node] ?? 0] ?? 0;
    if ((above & nodeState.exists) === 0 || tree.has(node, nodeFlag.replaced)) continue;
    const isWhiteout = tree.has(node, nodeFlag.whiteout);
    const removed = isWhiteout ? nodeState.removed : above & nodeState.removed;
    const isThere = tree.type(node) !== nodeType.none && (tree.has(node, nodeFlag.real) || removed === 0);
    if (isThere) states[node] = removed | nodeState.exists | nodeState.kept;
    else if (isWhiteout) states[node] = removed | nodeState.kept;
  }
  return states;
}
