import type * as vscode from 'vscode';
import {
  baseName,
  type ContainerFile,
  isEngineError,
  type LayerPath,
  type RootfsEntry,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { nameText } from '../text.ts';
import { containerFileUri, containerUri, rootfsUri } from '../uri.ts';

/** A path as the container's image has it, and as the container has it; what a link leads to, where it is one. */
export interface Sides {
  readonly before: RootfsEntry | undefined;
  readonly after: ContainerFile | undefined;
}

export async function sidesOf(
  { engine }: EditorContext,
  { files }: OpenedContainer,
  { image }: OpenedImage,
  path: LayerPath,
): Promise<Sides> {
  const [view, after] = await Promise.all([engine.rootfs(image), unlessLooping(() => files.resolve(path))]);
  return { before: await unlessLooping(() => view.resolve(path)), after };
}

/** The image's file to the left and the container's to the right; an empty text where a side has no file. */
export function uriSides(
  container: OpenedContainer,
  { image }: OpenedImage,
  path: LayerPath,
  { before, after }: Sides,
): readonly [left: vscode.Uri, right: vscode.Uri] {
  const empty = containerUri(container.id, 'empty', nameText(baseName(path)));
  return [
    before?.type === 'file' ? rootfsUri(image, path) : empty,
    after?.type === 'file' ? containerFileUri(container, path) : empty,
  ];
}

/** A link that leads in a circle leads to nothing. */
async function unlessLooping<T>(find: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (isEngineError(error, 'symlink-loop') || isEngineError(error, 'not-a-directory')) return undefined;
    throw error;
  }
}
