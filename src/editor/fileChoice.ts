import * as vscode from 'vscode';
import type { LayerPath, RootfsEntry } from '../engine/index.ts';
import { rootPath } from '../engine/index.ts';
import type { EditorContext } from './context.ts';
import { activeUri, pickImage } from './imageChoice.ts';
import { isNode, type Node } from './nodes.ts';
import type { OpenedImage } from './openedImages.ts';
import { pickPath } from './pathPicker.ts';
import { parseRootfsUri, rootfsScheme } from './uri.ts';

/** One path of one image, up to a layer where the command was called on a version of it. */
export interface FileChoice {
  readonly opened: OpenedImage;
  readonly path: LayerPath;
  readonly upTo: number | undefined;
}

/** The path a command is for: of the node or URI it was called on, of the active tab, or one a person chooses. */
export async function chooseFile(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<FileChoice | undefined> {
  const given = (await fileOfArguments(context, args)) ?? (await fileOfUri(context, activeUri()));
  return given ?? (await pickFile(context, title));
}

/** The path of the node or URI a command was called on. */
export async function fileOfArguments(
  context: EditorContext,
  [first]: readonly unknown[],
): Promise<FileChoice | undefined> {
  if (isNode(first)) return fileOfNode(first);
  return first instanceof vscode.Uri ? fileOfUri(context, first) : undefined;
}

/** The entry a choice names, the last link not followed. */
export async function entryOf(
  { engine }: EditorContext,
  choice: FileChoice,
): Promise<RootfsEntry | undefined> {
  return (await engine.rootfs(choice.opened.image, choice.upTo)).lookup(choice.path);
}

function fileOfNode(node: Node): FileChoice | undefined {
  if (node.kind === 'file') return { opened: node.opened, path: node.entry.path, upTo: undefined };
  if (node.kind === 'change') return { opened: node.opened, path: node.change.path, upTo: node.layer };
  return node.kind === 'files' ? { opened: node.opened, path: rootPath, upTo: undefined } : undefined;
}

async function fileOfUri(
  { images }: EditorContext,
  uri: vscode.Uri | undefined,
): Promise<FileChoice | undefined> {
  if (uri?.scheme !== rootfsScheme) return undefined;
  const { imageId, upTo, path } = parseRootfsUri(uri);
  return { opened: await images.byId(imageId), path, upTo };
}

async function pickFile(context: EditorContext, title: string): Promise<FileChoice | undefined> {
  const opened = await pickImage(context, title);
  if (opened === undefined) return undefined;
  const choice = await pickPath(context, opened, title);
  return choice && { opened, path: choice.entry.path, upTo: undefined };
}
