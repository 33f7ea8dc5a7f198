import * as vscode from 'vscode';
import type { LayerPath } from '../../engine/index.ts';
import { containerOfFile, parseContainerFileUri } from '../uri.ts';
import { isWithin } from './pathWithin.ts';

/** The open files at or below the paths that have edits which are not saved. */
export function unsavedIn(containerId: string, paths: readonly LayerPath[]): readonly vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter(({ isDirty, uri }) => {
    if (!isDirty || containerOfFile(uri) !== containerId) return false;
    const { path } = parseContainerFileUri(uri);
    return paths.some((each) => isWithin(each, path));
  });
}

/** Takes edits back, so that the editors follow what becomes of the files. VS Code does that in the active editor only. */
export async function giveUpEdits(documents: readonly vscode.TextDocument[]): Promise<void> {
  for (const document of documents) {
    await vscode.window.showTextDocument(document, { preview: false });
    await vscode.commands.executeCommand('workbench.action.files.revert');
  }
}
