import * as vscode from 'vscode';
import { chooseContainer } from '../containerChoice.ts';
import { pickContainerPath } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import { oneLine } from '../text.ts';
import { containerFileUri } from '../uri.ts';

/** Goes to a path of a container that is typed, with what is there offered on the way. */
export async function goToContainerPath(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Go to Path in Container');
  const choice = await chooseContainer(context, args, title);
  if (choice === undefined) return;
  const { container } = choice;
  const path = await pickContainerPath(container, `${title} \u2013 ${oneLine(container.name)}`);
  if (path === undefined) return;
  await vscode.commands.executeCommand('lamina.openContainerFile', containerFileUri(container, path));
}
