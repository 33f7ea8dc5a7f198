import * as vscode from 'vscode';
import { rootPath } from '../../engine/index.ts';
import { chooseContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { oneLine } from '../text.ts';
import { containerFileUri } from '../uri.ts';

/** What a person has been told once. */
const toldKey = 'lamina.containerInExplorerTold';

/** Shows a container's files in the Explorer, as one more folder of the workspace, or in a window of their own. */
export async function openInExplorer(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Open Container in Explorer');
  const choice = await chooseContainer(context, args, title);
  if (choice === undefined) return;
  const uri = containerFileUri(choice.container, rootPath);
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.some((folder) => folder.uri.toString() === uri.toString())) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return;
  }
  const where = await chooseWhere(context, choice.container);
  if (where === 'window')
    await vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true });
  if (where === 'workspace')
    vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri, name: oneLine(choice.container.name) });
}

/** Asked once in so many words; from then on the folder is added to the workspace. */
async function chooseWhere(
  { memory }: EditorContext,
  { name }: OpenedContainer,
): Promise<'workspace' | 'window' | undefined> {
  if (memory.get<boolean>(toldKey) === true) return 'workspace';
  const workspace = vscode.l10n.t('Add to Workspace');
  const window = vscode.l10n.t('Open in New Window');
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('Show {0} in the Explorer?', oneLine(name)),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Its files can be opened, edited, created, moved and deleted there. VS Code’s own search does not look into containers: use “Lamina: Find File in Image…” for that. Adding the first or second folder to a window starts its extensions again.',
      ),
    },
    workspace,
    window,
  );
  if (chosen === undefined) return undefined;
  await memory.update(toldKey, true);
  return chosen === workspace ? 'workspace' : 'window';
}
