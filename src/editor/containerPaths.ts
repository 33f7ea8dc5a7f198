import * as vscode from 'vscode';
import { type ContainerFile, isEngineError, type LayerPath, parentPath } from '../engine/index.ts';
import { type ContainerChoice, chooseContainer } from './containerChoice.ts';
import type { EditorContext } from './context.ts';
import type { OpenedContainer } from './openedContainers.ts';
import { pickPathIn, type PathQuestion, type PathSource } from './pathPicker.ts';

/** A path of a container that a command is for. */
export interface ContainerPathChoice extends ContainerChoice {
  readonly path: LayerPath;
}

/** The path a command is for: of the node or URI it was called on, of the active tab, or one a person chooses. */
export async function chooseContainerPath(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<ContainerPathChoice | undefined> {
  const choice = await chooseContainer(context, args, title);
  if (choice === undefined) return undefined;
  const { container, path } = choice;
  if (path !== undefined) return { ...choice, path };
  const picked = await pickContainerPath(container, title);
  return picked && { container, path: picked };
}

/** The folder a command is for; of a file, the one it is in. */
export async function chooseContainerFolder(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<ContainerPathChoice | undefined> {
  const choice = await chooseContainer(context, args, title);
  if (choice === undefined) return undefined;
  const { container, path } = choice;
  if (path !== undefined) return { container, path: await folderAt(container, path) };
  const picked = await pickContainerFolder(container, title);
  return picked && { container, path: picked };
}

/** Asks for a path, folder by folder; a folder itself is chosen by its button. */
export function pickContainerPath(container: OpenedContainer, title: string): Promise<LayerPath | undefined> {
  const tooltip = vscode.l10n.t('Choose This Folder');
  return pick({
    source: pathsOf(container),
    title,
    button: { iconPath: new vscode.ThemeIcon('check'), tooltip },
  });
}

function pickContainerFolder(container: OpenedContainer, title: string): Promise<LayerPath | undefined> {
  const asksForFolder = (path: string): string => vscode.l10n.t('Choose {0}', path);
  return pick({ source: pathsOf(container), title, asksForFolder });
}

async function pick(question: PathQuestion<ContainerFile>): Promise<LayerPath | undefined> {
  return (await pickPathIn(question))?.entry.path;
}

/** Each folder is asked for once: while a path is typed nothing else asks. */
function pathsOf({ files }: OpenedContainer): PathSource<ContainerFile> {
  const listed = new Map<LayerPath, Promise<readonly ContainerFile[] | undefined>>();
  return {
    lookup: (path) => files.lookup(path),
    list: (path) => {
      const list = listed.get(path) ?? unlessNoFolder(files.list(path));
      listed.set(path, list);
      return list;
    },
  };
}

async function folderAt({ files }: OpenedContainer, path: LayerPath): Promise<LayerPath> {
  return (await files.lookup(path))?.type === 'dir' ? path : parentPath(path);
}

async function unlessNoFolder<T>(list: Promise<T>): Promise<T | undefined> {
  try {
    return await list;
  } catch (error) {
    const isNone =
      isEngineError(error, 'not-found') ||
      isEngineError(error, 'not-a-directory') ||
      isEngineError(error, 'symlink-loop');
    if (isNone) return undefined;
    throw error;
  }
}
