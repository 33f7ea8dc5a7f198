import path from 'node:path';
import * as vscode from 'vscode';
import type { BuildMemory } from '../buildMemory.ts';
import { nameText, pickText } from '../text.ts';
import { byteName } from '../../engine/index.ts';

/** Asks for the context of a Dockerfile's builds, and remembers it. False when called off. */
export async function chooseContext(memory: BuildMemory, dockerfile: string): Promise<boolean> {
  const title = vscode.l10n.t('Build Context');
  const folders = foldersAbove(dockerfile).map((folder) => ({
    label: `$(folder) ${pickText(nameText(byteName(path.basename(folder) || folder)))}`,
    description: pickText(nameText(byteName(folder))),
    folder,
  }));
  const other = { label: `$(folder-opened) ${vscode.l10n.t('Another folder…')}`, folder: undefined };
  const placeHolder = vscode.l10n.t('The folder that COPY and ADD take files from');
  const chosen = await vscode.window.showQuickPick([...folders, other], { title, placeHolder });
  if (chosen === undefined) return false;
  const context = chosen.folder ?? (await browse(title, dockerfile));
  if (context === undefined) return false;
  await memory.change(dockerfile, { context });
  return true;
}

/** The Dockerfile's folder, and those around it up to the workspace's. */
function foldersAbove(dockerfile: string): readonly string[] {
  const root = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(dockerfile))?.uri.fsPath;
  const folders = [path.dirname(dockerfile)];
  for (let folder = folders[0] ?? ''; root !== undefined && folder !== root;) {
    const above = path.dirname(folder);
    if (above === folder || !`${above}${path.sep}`.startsWith(`${root}${path.sep}`)) break;
    folders.push(above);
    folder = above;
  }
  return folders;
}

async function browse(title: string, dockerfile: string): Promise<string | undefined> {
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title,
      canSelectFiles: false,
      canSelectFolders: true,
      defaultUri: vscode.Uri.file(path.dirname(dockerfile)),
    })) ?? [];
  return chosen?.fsPath;
}
