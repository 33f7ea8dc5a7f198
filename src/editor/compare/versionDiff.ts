import * as vscode from 'vscode';
import { baseName } from '../../engine/index.ts';
import type { FileChoice } from '../fileChoice.ts';
import { nameText } from '../text.ts';
import { documentUri, rootfsUri } from '../uri.ts';

/**
 * Compares a file as it is after two layers, the lower one to the left. A side that does not have the file is an
 * empty document; `low` below 0 is the state before any layer.
 */
export async function openVersionDiff(file: FileChoice, low: number, high: number): Promise<void> {
  const name = nameText(baseName(file.path));
  const title = vscode.l10n.t('{0} (layer {1} ↔ layer {2})', name, Math.max(low, 0), high);
  const [left, right] = await Promise.all([versionUri(file, low), versionUri(file, high)]);
  await vscode.commands.executeCommand('vscode.diff', left, right, title);
}

/** The file after a layer, or an empty document of its name. */
async function versionUri({ opened, path }: FileChoice, layer: number): Promise<vscode.Uri> {
  const empty = documentUri(opened.image, 'empty', nameText(baseName(path)));
  if (layer < 0) return empty;
  const uri = rootfsUri(opened.image, path, layer);
  try {
    await vscode.workspace.fs.stat(uri);
    return uri;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return empty;
    throw error;
  }
}
