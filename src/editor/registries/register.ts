import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import { ConnectedRegistries } from './connectedRegistries.ts';
import { RegistriesTree } from './registriesTree.ts';
import { RegistryLists } from './registryLists.ts';
import { isRegistryNode, type RegistryNode } from './registryNodes.ts';
import { pullImage, pushImage } from './moveImages.ts';
import { openRemoteImage } from './openRemoteImage.ts';
import { openRepository } from './openRepository.ts';
import { connectRegistry, signIn, signOut } from './signIn.ts';
import { copyRegistryReference, deleteRemoteTag } from './tagCommands.ts';
import { Transfers } from './transfers.ts';

/** The view *Registries*, and moving images from and to them. Without an action of a person no registry is asked. */
export function registerRegistries(context: EditorContext): CommandTable {
  const connected = new ConnectedRegistries(context.memory);
  const lists = new RegistryLists(() => context.engine);
  const transfers = new Transfers();
  const tree = new RegistriesTree(context, connected, lists, transfers);
  const view = vscode.window.createTreeView<RegistryNode>('lamina.registries', {
    treeDataProvider: tree,
    showCollapseAll: true,
  });
  context.subscriptions.push(connected, transfers, view);
  const refreshed = async (work: Promise<unknown>): Promise<void> => {
    await work;
    tree.refresh();
  };
  return {
    'lamina.connectRegistry': () => refreshed(connectRegistry(context, connected)),
    'lamina.disconnectRegistry': async (node) => {
      if (isRegistryNode(node) && node.kind === 'registry') await connected.remove(node.domain);
    },
    'lamina.signIn': (...args) => refreshed(signIn(context, connected, args)),
    'lamina.signOut': (...args) => refreshed(signOut(context, connected, args)),
    'lamina.openRepository': (...args) => openRepository(connected, args),
    'lamina.refreshRegistries': (node) => {
      tree.refresh(isRegistryNode(node) ? node : undefined);
    },
    'lamina.showMoreTags': (node) => (isRegistryNode(node) ? tree.showMore(node) : undefined),
    'lamina.openRemoteImage': (...args) => openRemoteImage(context, connected, args),
    'lamina.pullImage': (...args) => pullImage(context, connected, transfers, args),
    'lamina.pushImage': (...args) => refreshed(pushImage(context, connected, transfers, args)),
    'lamina.deleteRemoteTag': (...args) => refreshed(deleteRemoteTag(context, args)),
    'lamina.copyRegistryReference': (...args) => copyRegistryReference(args),
    'lamina.clearTransfers': () => {
      transfers.clear();
    },
  };
}
