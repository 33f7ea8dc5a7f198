import * as vscode from 'vscode';
import { fromSafeText } from './safePath.ts';
import { nameText, sizeText } from './text.ts';

/** Called for a file of an image or a container that is too large for a tab. */
export async function offerToSave(uri: vscode.Uri, size: number): Promise<void> {
  const saveAs = vscode.l10n.t('Save As…');
  const settings = vscode.l10n.t('Change Limit');
  const name = nameText(fromSafeText(uri.path));
  const message = vscode.l10n.t('{0} is too large for an editor ({1}).', name, sizeText(size));
  const chosen = await vscode.window.showWarningMessage(message, saveAs, settings);
  if (chosen === saveAs) await vscode.commands.executeCommand('lamina.saveFile', uri);
  if (chosen === settings)
    await vscode.commands.executeCommand('workbench.action.openSettings', 'lamina.files.maxSize');
}
