import type { LayerIndex } from '../../src/engine/layers/layerIndex.ts';
import { pathOfNode } from '../../src/engine/rootfs/pathOfNode.ts';

/** Everything a layer's index answers, as text, so that two of them can be compared. */
export function describeIndex(index: LayerIndex): string {
  const lines = [
    JSON.stringify([
      index.nodeCount,
      index.isComplete,
      index.hasContentHashes,
      index.summary,
      index.problems,
    ]),
  ];
  for (let node = 0; node < index.nodeCount; node++) lines.push(describeNode(index, node));
  return lines.join('\n');
}

function describeNode(index: LayerIndex, node: number): string {
  const name = index.name(node);
  const parent = index.parent(node);
  return JSON.stringify([
    pathOfNode(index, node),
    name,
    parent,
    node === 0 || index.find(parent, name) === node,
    [index.firstChild(node), index.childCount(node)],
    [index.hasEntry(node), index.isWhiteout(node), index.isOpaque(node), index.isImplied(node)],
    [index.type(node), index.mode(node), index.uid(node), index.gid(node), index.size(node)],
    [index.mtime(node), index.mtimeMs(node)],
    index.linkTarget(node),
    index.device(node),
    [...(index.xattrs(node) ?? [])],
    [index.inode(node), index.linkedNodes(node), index.lowerLinkTarget(node), index.ownLinkTarget(node)],
    [index.dataOffset(node), index.sparseMap(node), index.contentHash(node)],
  ]);
}
