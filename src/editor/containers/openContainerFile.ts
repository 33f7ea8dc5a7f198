import * as vscode from 'vscode';
import { EngineError, isEngineError, toText } from '../../engine/index.ts';
import { chooseContainerPath, type ContainerPathChoice } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import { typeText } from '../entryText.ts';
import { nameText } from '../text.ts';
import { containerFileUri } from '../uri.ts';

/** Opens what a path leads to: a file in a tab, a folder in the tree; of devices and the like it says what they are. */
export async function openContainerFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choice = await chooseContainerPath(context, args, vscode.l10n.t('Open File'));
  if (choice === undefined) return;
  const { container, path } = choice;
  const file = await targetOf(choice);
  if (file === undefined) throw new EngineError('not-found', toText(path), 'the link leads to nothing');
  const uri = containerFileUri(container, file.path);
  if (file.type === 'file') await vscode.commands.executeCommand('vscode.open', uri);
  else if (file.type === 'dir') await vscode.commands.executeCommand('lamina.revealInContainers', uri);
  else
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} has no content to open: it is a {1}.', nameText(path), typeText(file)),
    );
}

async function targetOf({
  container,
  path,
}: ContainerPathChoice): ReturnType<typeof container.files.resolve> {
  try {
    return await container.files.resolve(path);
  } catch (error) {
    if (isEngineError(error, 'symlink-loop')) return undefined;
    throw error;
  }
}
