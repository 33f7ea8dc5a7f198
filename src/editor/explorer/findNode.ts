import { joinPath, type LayerPath, rootPath, splitPath } from '../../engine/index.ts';
import type { ImageNode, LayerNode, Node } from '../nodes.ts';
import { locationOf, type OpenedImage } from '../openedImages.ts';
import { openedNode, platformNode } from './engineNodes.ts';
import { filesNode, layerNode } from './imageChildren.ts';
import type { PathParent } from './pathNodes.ts';
import type { TreeNodes } from './treeNodes.ts';

// The way from what a node stands for to the node, without unfolding anything.

export async function nodeOfImage(nodes: TreeNodes, opened: OpenedImage): Promise<ImageNode | undefined> {
  if (opened.entry.engineId !== undefined) return nodeInEngine(nodes, opened, opened.entry.engineId);
  const location = locationOf(opened.source);
  const tops = await nodes.childrenOf(undefined);
  const top = tops.find((each) => each.kind === 'source' && each.location === location);
  if (top === undefined) return undefined;
  for (const child of await nodes.childrenOf(top)) {
    const images = child.kind === 'entry' ? await nodes.childrenOf(child) : [child];
    for (const each of images) {
      if (each.kind === 'image' && each.opened.image.id === opened.image.id) return each;
    }
  }
  return undefined;
}

function nodeInEngine(nodes: TreeNodes, opened: OpenedImage, id: string): ImageNode | undefined {
  const engine = nodes.engineAt(opened.source.location);
  const node = engine && nodes.engineImage(engine, id);
  if (node === undefined) return undefined;
  return opened.entry.variants.length > 1 ? platformNode(node, opened) : openedNode(node, opened);
}

export async function nodeOfLayer(
  nodes: TreeNodes,
  opened: OpenedImage,
  layer: number,
): Promise<LayerNode | undefined> {
  const parent = await nodeOfImage(nodes, opened);
  return parent && layerNode(parent, layer);
}

/** The node of a path in the union, or among a layer's changes when a layer is named. */
export async function nodeOfPath(
  nodes: TreeNodes,
  opened: OpenedImage,
  path: LayerPath,
  layer?: number,
): Promise<Node | undefined> {
  const image = await nodeOfImage(nodes, opened);
  if (image === undefined) return undefined;
  let node: PathParent = layer === undefined ? filesNode(image) : layerNode(image, layer);
  let reached = rootPath;
  for (const name of splitPath(path)) {
    reached = joinPath(reached, name);
    const child: PathParent | undefined = await nodes.paths.childAt(node, reached);
    if (child === undefined || child === node) return child;
    node = child;
  }
  return node;
}
