import * as vscode from 'vscode';
import { type ContainersNode, isOfContainer } from '../containerNodes.ts';

// What the keys of the view do: the same as the commands, for what is selected.

/** F2: another name for the container or file that is selected. */
export async function renameSelected([node]: readonly ContainersNode[]): Promise<void> {
  const command = node && renameCommand(node);
  if (command !== undefined) await vscode.commands.executeCommand(command, node);
}

/** Delete: removes containers, or deletes files, that are selected. A mixture is left alone. */
export async function removeSelected(nodes: readonly ContainersNode[]): Promise<void> {
  const [first] = nodes;
  const commands = new Set(nodes.map(removeCommand));
  const [command] = commands;
  if (commands.size === 1 && command !== undefined)
    await vscode.commands.executeCommand(command, first, nodes);
}

function renameCommand(node: ContainersNode): string | undefined {
  if (node.kind === 'storedContainer' || node.kind === 'container') return 'lamina.renameContainer';
  return isFileThere(node) ? 'lamina.renameContainerFile' : undefined;
}

function removeCommand(node: ContainersNode): string | undefined {
  const isContainer = node.kind === 'storedContainer' || node.kind === 'container';
  if (isContainer || node.kind === 'damagedContainer') return 'lamina.removeContainer';
  return isFileThere(node) ? 'lamina.deleteContainerFile' : undefined;
}

function isFileThere(node: ContainersNode): boolean {
  if (!isOfContainer(node)) return false;
  return node.kind === 'containerFile' || (node.kind === 'containerChange' && node.change.kind !== 'removed');
}
