import * as vscode from 'vscode';
import { chooseContainer } from '../containerChoice.ts';
import type { ContainersNode } from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { oneLine } from '../text.ts';
import { nodeOfContainer, nodeOfFile } from './findContainerNode.ts';
import type { TreeChildren } from './treeChildren.ts';

/** Shows a container, or the file of one that a tab has, in the view *Containers*. */
export async function revealInContainers(
  context: EditorContext,
  children: TreeChildren,
  view: vscode.TreeView<ContainersNode>,
  args: readonly unknown[],
): Promise<void> {
  const choice = await chooseContainer(context, args, vscode.l10n.t('Reveal in Containers View'));
  if (choice === undefined) return;
  const { container, path } = choice;
  const node =
    path === undefined
      ? await nodeOfContainer(children, container.id)
      : await nodeOfFile(children, container.id, path);
  if (node === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'The view Containers does not show {0}. Its filter may hide it.',
        oneLine(container.name),
      ),
    );
    return;
  }
  await view.reveal(node, { select: true, focus: true });
}
