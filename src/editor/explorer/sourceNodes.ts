import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { logFailure } from '../failures.ts';
import type { EntryNode, Node, SourceNode, UnreadableNode } from '../nodes.ts';
import {
  isReadable,
  isRemote,
  type OpenedImage,
  storeLocation,
  type UnreadableImage,
} from '../openedImages.ts';
import { platformText, referenceTitle } from '../text.ts';
import { problemsNode } from './imageChildren.ts';

// The top of the tree: archives and the store, the images in them, and the platforms of those.

export async function sourceNodes(context: EditorContext): Promise<readonly Node[]> {
  const { images } = context;
  const archives = await Promise.all(
    images.locations.map(async (location): Promise<Node> => {
      const state = await images.stateOf(location);
      return { kind: 'source', id: location, parent: undefined, location, isStore: false, state };
    }),
  );
  return [...archives, ...(await storeNode(context))];
}

/** The images of a source, and what is wrong with it. */
export async function sourceChildren({ images }: EditorContext, node: SourceNode): Promise<readonly Node[]> {
  const source = await images.source(node.location);
  const all = await images.imagesOf(source);
  const entries = await source.list();
  const children = entries.map((entry): Node => {
    const own = all.filter((image) => image.entry.position === entry.position);
    const [only] = own;
    // The source of a registry's image has its name already.
    if (own.length === 1 && only !== undefined) return imageNode(node, only, isRemote(node.location));
    return { kind: 'entry', id: `${node.id}#${entry.position}`, parent: node, source, entry, images: own };
  });
  return [...problemsNode(node, source.problems), ...children];
}

/** The platforms of an image. */
export function entryChildren(node: EntryNode): readonly Node[] {
  return node.images.map((image) => imageNode(node, image, true));
}

export function unreadableNode(
  id: string,
  parent: Node | undefined,
  label: string,
  failure: unknown,
): UnreadableNode {
  return { kind: 'unreadable', id, parent, label, failure };
}

/** The store is listed once it holds something, or when it cannot be read. */
async function storeNode({ engine, images, log }: EditorContext): Promise<readonly Node[]> {
  const [kind, id] = ['source', storeLocation] as const;
  const node: SourceNode = { kind, id, parent: undefined, location: id, isStore: true, state: 'same' };
  try {
    const source = await images.source(storeLocation);
    if ((await source.list()).length === 0 && source.problems.length === 0) return [];
    const { bytes } = await engine.store.usage();
    return [{ ...node, bytes }];
  } catch (error) {
    logFailure(error, log);
    return [node];
  }
}

function imageNode(
  parent: SourceNode | EntryNode,
  image: OpenedImage | UnreadableImage,
  isPlatform: boolean,
): Node {
  const id = `${parent.id}#${image.entry.position}.${image.variant.position}`;
  if (isReadable(image)) return { kind: 'image', id, parent, opened: image, isPlatform };
  const name = isPlatform ? platformText(image.variant.platform) : referenceTitle(image.entry.names[0]);
  return unreadableNode(id, parent, name ?? vscode.l10n.t('Image {0}', image.entry.position), image.failure);
}
