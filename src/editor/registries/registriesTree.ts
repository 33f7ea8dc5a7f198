import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import type { RegistryLists } from './registryLists.ts';
import {
  type DomainNode,
  domainNode,
  type RegistryNode,
  repositoryNode,
  type RepositoryNode,
  tagNode,
  type TransferNode,
} from './registryNodes.ts';
import { registryItem } from './registryRows.ts';
import type { Transfers } from './transfers.ts';

/** The view *Registries*: what a person has connected. Nothing is asked of a registry before its node is opened. */
export class RegistriesTree implements vscode.TreeDataProvider<RegistryNode> {
  readonly #context: EditorContext;
  readonly #connected: ConnectedRegistries;
  readonly #lists: RegistryLists;
  readonly #transfers: Transfers;
  readonly #transferNodes = new Map<string, TransferNode>();
  readonly #changed = new vscode.EventEmitter<RegistryNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(
    context: EditorContext,
    connected: ConnectedRegistries,
    lists: RegistryLists,
    transfers: Transfers,
  ) {
    this.#context = context;
    this.#connected = connected;
    this.#lists = lists;
    this.#transfers = transfers;
    context.subscriptions.push(
      this.#changed,
      connected.onDidChange(() => {
        this.refresh();
      }),
      transfers.onDidChange((transfer) => {
        this.#changed.fire(transfer && this.#transferNodes.get(transfer.id));
      }),
    );
  }

  getTreeItem(node: RegistryNode): vscode.TreeItem {
    return registryItem(node, this.#context.signIns);
  }

  getParent(node: RegistryNode): RegistryNode | undefined {
    return node.parent;
  }

  async getChildren(node?: RegistryNode): Promise<RegistryNode[]> {
    if (node === undefined) return [...this.#connected.domains.map(domainNode), ...this.#transferNodesNow()];
    try {
      if (node.kind === 'registry') return await this.#repositories(node);
      if (node.kind === 'repository') return await this.#tags(node);
      return node.kind === 'transfer' ? blobNodes(node) : [];
    } catch (error) {
      if (isCancelled(error)) return [];
      logFailure(error, this.#context.log);
      return [{ kind: 'registryFailure', id: `${node.id}!`, parent: node, failure: error }];
    }
  }

  async showMore(node: RegistryNode): Promise<void> {
    if (node.kind !== 'moreTags') return;
    await this.#lists.moreTags(node.parent.domain, node.parent.path);
    this.#changed.fire(node.parent);
  }

  refresh(node?: RegistryNode): void {
    this.#lists.forget(node === undefined || !('domain' in node) ? undefined : node.domain);
    this.#changed.fire(node);
  }

  #transferNodesNow(): readonly TransferNode[] {
    return this.#transfers.all.map((transfer) => {
      const known = this.#transferNodes.get(transfer.id);
      const node = known ?? { kind: 'transfer', id: transfer.id, parent: undefined, transfer };
      this.#transferNodes.set(transfer.id, node);
      return node;
    });
  }

  async #repositories(node: DomainNode): Promise<RegistryNode[]> {
    const listed = await this.#lists.repositories(node.domain);
    const paths = [...new Set([...this.#connected.pathsOf(node.domain), ...(listed?.names ?? [])])].sort();
    const nodes = paths.map((path): RegistryNode => repositoryNode(node, path));
    if (nodes.length > 0) return nodes;
    const text =
      listed === undefined
        ? vscode.l10n.t('This registry does not list its repositories. Open one by its name.')
        : vscode.l10n.t('This registry is empty.');
    return [{ kind: 'registryNote', id: `${node.id}?`, parent: node, text }];
  }

  async #tags(node: RepositoryNode): Promise<RegistryNode[]> {
    const { names, hasMore } = await this.#lists.tags(node.domain, node.path);
    const nodes = names.map((tag): RegistryNode => tagNode(node, tag));
    if (nodes.length === 0)
      return [
        {
          kind: 'registryNote',
          id: `${node.id}?`,
          parent: node,
          text: vscode.l10n.t('This repository has no tags.'),
        },
      ];
    return hasMore ? [...nodes, { kind: 'moreTags', id: `${node.id}…`, parent: node }] : nodes;
  }
}

/** Layers first, lowest on top as they are stacked in the list of an image; then what describes them. */
function blobNodes(parent: TransferNode): RegistryNode[] {
  return [...parent.transfer.blobs]
    .sort((a, b) => (a.layer ?? Infinity) - (b.layer ?? Infinity))
    .map((blob) => ({
      kind: 'transferBlob',
      id: `${parent.id} ${blob.descriptor.digest}`,
      parent,
      blob,
    }));
}
