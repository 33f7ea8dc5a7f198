import * as vscode from 'vscode';
import { baseName, type LayerPath } from '../../engine/index.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { nameText, oneLine } from '../text.ts';
import { containerFileUri, documentUri, rootfsUri } from '../uri.ts';

/** A path of an image, or of a container of it: then the writable layer counts as the one above the image's last. */
export interface VersionedFile {
  readonly opened: OpenedImage;
  readonly path: LayerPath;
  readonly container?: OpenedContainer;
}

/**
 * Compares a file as it is after two layers, the lower one to the left. A side that does not have the file is an
 * empty document; `low` below 0 is the state before any layer.
 */
export async function openVersionDiff(file: VersionedFile, low: number, high: number): Promise<void> {
  const name = nameText(baseName(file.path));
  const title = isWritable(file, high)
    ? vscode.l10n.t('{0} (layer {1} ↔ container {2})', name, Math.max(low, 0), oneLine(file.container.name))
    : vscode.l10n.t('{0} (layer {1} ↔ layer {2})', name, Math.max(low, 0), high);
  const [left, right] = await Promise.all([sideUri(file, low), sideUri(file, high)]);
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** The file after a layer, whether it is there or not. */
export function versionUri(file: VersionedFile, layer: number): vscode.Uri {
  if (isWritable(file, layer)) return containerFileUri(file.container, file.path);
  return rootfsUri(file.opened.image, file.path, Math.max(0, layer));
}

/** Whether it is the container's own layer. */
export function isWritable(
  file: VersionedFile,
  layer: number,
): file is VersionedFile & { readonly container: OpenedContainer } {
  return file.container !== undefined && layer >= file.opened.image.layers.length;
}

/** The file after a layer, or an empty document of its name. */
async function sideUri(file: VersionedFile, layer: number): Promise<vscode.Uri> {
  const empty = documentUri(file.opened.image, 'empty', nameText(baseName(file.path)));
  if (layer < 0) return empty;
  const uri = versionUri(file, layer);
  try {
    await vscode.workspace.fs.stat(uri);
    return uri;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return empty;
    throw error;
  }
}
