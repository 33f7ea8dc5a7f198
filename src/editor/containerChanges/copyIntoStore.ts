import * as vscode from 'vscode';
import { chooseContainer } from '../containerChoice.ts';
import { storedContainerNode } from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';

/** Copies a container of an engine into Lamina's store, to go on without the engine, and shows it there. */
export async function copyIntoStore(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainer(context, args, vscode.l10n.t('Copy into Lamina’s Store'));
  if (chosen === undefined) return;
  const { name, place } = chosen.container;
  if (place.kind === 'store') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} is in Lamina’s store already.', oneLine(name)),
    );
    return;
  }
  const title = vscode.l10n.t('Copying {0} into Lamina’s store', oneLine(name));
  const copy = await withProgress(title, (options) => place.files.copyIntoStore({}, options));
  await vscode.commands.executeCommand('lamina.revealInContainers', storedContainerNode(copy));
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} is in Lamina’s store now, as {1}.', oneLine(name), oneLine(copy.name)),
  );
}
