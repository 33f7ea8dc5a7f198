import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { activeUri, isLinkedPlace } from '../imageChoice.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { engineOf, isNode, type Node } from '../nodes.ts';
import { parseRootfsUri, rootfsScheme } from '../uri.ts';
import { nodeOfImage, nodeOfLayer, nodeOfPath } from './findNode.ts';
import type { ImagesTree } from './imagesTree.ts';

/** Shows what a node of the other view, a URI or the active tab stands for, in the view *Images*. */
export async function revealInImages(
  context: EditorContext,
  tree: ImagesTree,
  view: vscode.TreeView<Node>,
  args: readonly unknown[],
): Promise<void> {
  const node = await nodeToReveal(context, tree, args);
  if (node === undefined) return;
  await view.reveal(node, {
    select: true,
    focus: true,
    expand: node.kind === 'image' || node.kind === 'layer',
  });
}

async function nodeToReveal(
  context: EditorContext,
  tree: ImagesTree,
  args: readonly unknown[],
): Promise<Node | undefined> {
  const [first] = args;
  const ofContainer = imageOfContainer(first);
  if (ofContainer !== undefined) return tree.nodes.engineImage(ofContainer.engine, ofContainer.id);
  if (isNode(first)) return nodeOfNode(context, tree, first);
  const uri = first instanceof vscode.Uri ? first : activeUri();
  if (uri?.scheme === rootfsScheme) {
    const { imageId, upTo, path } = parseRootfsUri(uri);
    return nodeOfPath(tree.nodes, await context.images.byId(imageId), path, upTo);
  }
  return isLinkedPlace(first) ? nodeOfPlace(context, tree, first.image, first.layer) : undefined;
}

/** What a container was made from, named by the node of the view *Containers*. */
function imageOfContainer(value: unknown): { readonly engine: KnownEngine; readonly id: string } | undefined {
  const engine = engineOf(value);
  if (engine === undefined || typeof value !== 'object' || value === null || !('imageId' in value))
    return undefined;
  return typeof value.imageId === 'string' ? { engine, id: value.imageId } : undefined;
}

async function nodeOfNode(context: EditorContext, tree: ImagesTree, node: Node): Promise<Node | undefined> {
  if (node.kind === 'place') return nodeOfPlace(context, tree, node.place.image.id, node.place.layer);
  // A layer's own change leads to the file as a container sees it.
  if (node.kind === 'change') return nodeOfPath(tree.nodes, node.opened, node.change.path);
  return node;
}

async function nodeOfPlace(
  context: EditorContext,
  tree: ImagesTree,
  id: string,
  layer: number | undefined,
): Promise<Node | undefined> {
  const opened = await context.images.byId(id);
  return layer === undefined ? nodeOfImage(tree.nodes, opened) : nodeOfLayer(tree.nodes, opened, layer);
}
