import * as vscode from 'vscode';
import type { Disposable } from '../../engine/index.ts';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderContainer } from '../documents.ts';
import { askForFilter } from '../filterInput.ts';
import {
  containerText,
  copyContainerId,
  copyContainerName,
  inspectContainer,
  restartContainers,
  revealContainerImage,
  startContainers,
  stopContainers,
} from './containerCommands.ts';
import { type ContainersNode, isContainersNode } from '../containerNodes.ts';
import { ChangeLists } from './changeLists.ts';
import { ContainersOptions } from './containersOptions.ts';
import { ContainersTree } from './containersTree.ts';
import { createContainer, tellCreated } from './createContainer.ts';
import { DropOnContainers } from './dropOnContainers.ts';
import { copyIntoContainer } from './copyInto.ts';
import { setFileMode, setFileOwner } from './fileAttributes.ts';
import { deleteFiles, newFile, newFolder, renameFile } from './fileCommands.ts';
import { openContainerFile } from './openContainerFile.ts';
import { openInExplorer } from './openInExplorer.ts';
import { removeContainers } from './removeContainers.ts';
import { renameContainer } from './renameContainer.ts';
import { nodeOfContainer } from './findContainerNode.ts';
import { revealInContainers } from './reveal.ts';
import { openTerminal } from './openTerminal.ts';
import { removeSelected, renameSelected } from './selectedNodes.ts';
import { showLogs } from './showLogs.ts';

/** The view *Containers*, and what is done to containers. */
export function registerContainers(context: EditorContext): CommandTable {
  const options = new ContainersOptions(context.memory);
  const lists = new ChangeLists(context, () => view.visible);
  const tree = new ContainersTree(context, options, lists);
  const view: vscode.TreeView<ContainersNode> = vscode.window.createTreeView<ContainersNode>(
    'lamina.containers',
    {
      treeDataProvider: tree,
      dragAndDropController: new DropOnContainers(context),
      canSelectMany: true,
      showCollapseAll: true,
    },
  );
  const tellFilter = (): void => {
    view.description = options.shown.filter;
  };
  tellFilter();
  context.subscriptions.push(
    lists,
    options,
    view,
    options.onDidChange(tellFilter),
    whileVisible(context, view, lists),
  );
  return {
    'lamina.filterContainers': () => filterContainers(options),
    'lamina.clearContainersFilter': () => options.change({ filter: '' }),
    'lamina.groupProjects': () => options.change({ groupsProjects: true }),
    'lamina.ungroupProjects': () => options.change({ groupsProjects: false }),
    'lamina.showStopped': () => options.change({ showsStopped: true }),
    'lamina.hideStopped': () => options.change({ showsStopped: false }),
    'lamina.startContainer': (...args) => startContainers(context, args),
    'lamina.stopContainer': (...args) => stopContainers(context, args),
    'lamina.restartContainer': (...args) => restartContainers(context, args),
    'lamina.createContainer': async (...args) => {
      const made = await createContainer(context, args);
      if (made === undefined) return undefined;
      tellCreated(made);
      const node = await nodeOfContainer(tree.children, made.id);
      if (node !== undefined) await view.reveal(node, { select: true, focus: true, expand: true });
      return made.id;
    },
    'lamina.renameContainer': (...args) => renameContainer(context, args),
    'lamina.removeContainer': (...args) => removeContainers(context, lists, args),
    'lamina.newContainerFile': (...args) => newFile(context, args),
    'lamina.newContainerFolder': (...args) => newFolder(context, args),
    'lamina.renameContainerFile': (...args) => renameFile(context, args),
    'lamina.deleteContainerFile': (...args) => deleteFiles(context, args),
    'lamina.copyIntoContainer': (...args) => copyIntoContainer(context, args),
    'lamina.openContainerInExplorer': (...args) => openInExplorer(context, args),
    'lamina.setContainerFileMode': (...args) => setFileMode(context, args),
    'lamina.setContainerFileOwner': (...args) => setFileOwner(context, args),
    'lamina.openContainerFile': (...args) => openContainerFile(context, args),
    'lamina.revealInContainers': (...args) => revealInContainers(context, tree.children, view, args),
    'lamina.refreshContainers': async (node) => {
      tree.refresh(isContainersNode(node) ? node : undefined);
      if (!isContainersNode(node)) await context.engines.refresh();
    },
    'lamina.renameInContainers': () => renameSelected(view.selection),
    'lamina.deleteInContainers': () => removeSelected(view.selection),
    'lamina.showMoreOfContainer': (node) => {
      if (isContainersNode(node) && node.kind === 'moreOfContainers') tree.showMore(node);
    },
    'lamina.showContainerLogs': (...args) => showLogs(context, args),
    'lamina.openContainerTerminal': (...args) => openTerminal(context, args),
    'lamina.inspectContainer': (...args) => inspectContainer(context, args),
    'lamina.revealContainerImage': (...args) => revealContainerImage(context, args),
    'lamina.copyContainerName': (...args) => copyContainerName(context, args),
    'lamina.copyContainerId': (...args) => copyContainerId(context, args),
  };
}

export function containerDocuments(context: EditorContext): RenderContainer {
  return (id) => containerText(context, id);
}

function filterContainers(options: ContainersOptions): Promise<void> {
  return askForFilter({
    title: vscode.l10n.t('Filter Containers'),
    prompt: vscode.l10n.t('A part of a name, an image or an ID; empty for all containers'),
    value: options.shown.filter,
    apply: (filter) => options.change({ filter }),
  });
}

/** Engines and the store are heard only while somebody looks. */
function whileVisible(
  { engines, containers }: EditorContext,
  view: vscode.TreeView<ContainersNode>,
  lists: ChangeLists,
): Disposable {
  let looking: readonly Disposable[] = [];
  const leave = (): void => {
    for (const each of looking) each.dispose();
    looking = [];
    lists.leave();
  };
  const look = (): void => {
    looking = [engines.look(), containers.look()];
    // What others did meanwhile was not heard.
    lists.renewAll();
  };
  const update = (): void => {
    if (!view.visible) leave();
    else if (looking.length === 0) look();
  };
  const listening = view.onDidChangeVisibility(update);
  update();
  return {
    dispose() {
      listening.dispose();
      leave();
    },
  };
}
