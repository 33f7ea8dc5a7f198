import * as vscode from 'vscode';
import { type ContainerFile, joinPath, type LayerPath } from '../../engine/index.ts';
import {
  type AnyContainerNode,
  containerChangeNode,
  type ContainerChangeNode,
  type ContainerChangesNode,
  containerChangesNode,
  type ContainerEngineNode,
  containerEngineNode,
  containerFileNode,
  type ContainerFileNode,
  type ContainerFilesNode,
  containerFilesNode,
  containerNode,
  type ContainersNode,
  type ContainerStoreNode,
  containerStoreNode,
  storedContainerNode,
} from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { standingNote } from '../engineText.ts';
import type { Paging } from '../paging.ts';
import { isDoneWithin } from '../progress.ts';
import type { ChangeLists } from './changeLists.ts';
import type { ContainersOptions } from './containersOptions.ts';
import { containerChildren, holds } from './shownContainers.ts';

/** How long a container's changes may take before its node unfolds without their count. */
const patienceMs = 150;

/** What lies below each node of the view *Containers*. */
export class TreeChildren {
  readonly #context: EditorContext;
  readonly #options: ContainersOptions;
  readonly #lists: ChangeLists;
  readonly #paging: Paging<ContainersNode>;

  constructor(
    context: EditorContext,
    options: ContainersOptions,
    lists: ChangeLists,
    paging: Paging<ContainersNode>,
  ) {
    this.#context = context;
    this.#options = options;
    this.#lists = lists;
    this.#paging = paging;
  }

  async of(node: ContainersNode | undefined): Promise<readonly ContainersNode[]> {
    if (node === undefined) return this.#tops();
    switch (node.kind) {
      case 'containerStore':
        return this.#stored(node);
      case 'containerEngine':
        return this.#inEngine(node);
      case 'project':
        return node.containers.map((each) =>
          containerNode(node, node.engine.lists.container(each.id) ?? each),
        );
      case 'storedContainer':
      case 'container':
        return this.#ofContainer(node);
      case 'containerChanges':
      case 'containerChange':
        return this.#changes(node);
      case 'containerFiles':
      case 'containerFile':
        return this.#files(node);
      case 'damagedContainer':
      case 'moreOfContainers':
      case 'containersNote':
        return [];
    }
  }

  /** Nothing at all where there is nothing: then VS Code shows what the view is for. */
  async #tops(): Promise<readonly ContainersNode[]> {
    const engines = this.#context.engines.shown.map(containerEngineNode);
    if (engines.length > 0) return [containerStoreNode(), ...engines];
    return (await this.#isStoreEmpty()) ? [] : [containerStoreNode()];
  }

  async #isStoreEmpty(): Promise<boolean> {
    try {
      const { containers, damaged } = await this.#context.containers.stored();
      return containers.length + damaged.length === 0;
    } catch {
      // The store's own node says why.
      return false;
    }
  }

  async #stored(node: ContainerStoreNode): Promise<readonly ContainersNode[]> {
    const { containers, damaged } = await this.#context.containers.stored();
    const { filter } = this.#options.shown;
    const shown = containers.filter(({ name, id, image }) => holds([name, image.name ?? ''], id, filter));
    if (containers.length + damaged.length === 0)
      return [
        {
          ...noteNode(node, vscode.l10n.t('No containers yet. Create one from an image.')),
          command: 'lamina.createContainer',
        },
      ];
    const children: readonly ContainersNode[] = [
      ...shown.map(storedContainerNode),
      ...damaged.map(({ id, failure }): ContainersNode => ({
        kind: 'damagedContainer',
        id: `${node.id}#${id}`,
        parent: node,
        damagedId: id,
        failure,
      })),
    ];
    if (children.length === 0)
      return [noteNode(node, vscode.l10n.t('All of its containers are hidden by the filter.'))];
    return children;
  }

  #inEngine(node: ContainerEngineNode): readonly ContainersNode[] {
    const note = standingNote(node.engine);
    if (note !== undefined) return [noteNode(node, note)];
    const children = containerChildren(node, this.#options.shown);
    if (children.length > 0) return children;
    const text =
      node.engine.lists.containers.length === 0
        ? vscode.l10n.t('This engine has no containers.')
        : vscode.l10n.t('All of its containers are hidden by the filter.');
    return [noteNode(node, text)];
  }

  /** Who unfolds a container will want to know how much it changed. */
  async #ofContainer(node: AnyContainerNode): Promise<readonly ContainersNode[]> {
    const changes = this.#lists.of(node.containerId);
    await isDoneWithin(changes, patienceMs);
    return [containerChangesNode(node), containerFilesNode(node)];
  }

  async #changes(node: ContainerChangesNode | ContainerChangeNode): Promise<readonly ContainersNode[]> {
    const changes = await this.#lists.of(node.containerId);
    const below = changes.below(node.kind === 'containerChange' ? node.path : undefined);
    if (below.length === 0 && node.kind === 'containerChanges')
      return [noteNode(node, vscode.l10n.t('Nothing was changed yet.'))];
    return this.#paging.page(node, below, (change) => containerChangeNode(node, change));
  }

  /** The child at a path; undefined when it is not there, or too far down to be shown. */
  async fileAt(
    parent: ContainerFilesNode | ContainerFileNode,
    path: LayerPath,
  ): Promise<ContainerFileNode | undefined> {
    const listed = await this.#listed(parent);
    const position = listed.findIndex(({ name }) => joinPath(parent.path, name) === path);
    const file = listed[position];
    if (file === undefined || !this.#paging.reach(parent, position)) return undefined;
    return containerFileNode(parent, file);
  }

  async #files(node: ContainerFilesNode | ContainerFileNode): Promise<readonly ContainersNode[]> {
    const listed = await this.#listed(node);
    if (listed.length === 0) return [noteNode(node, vscode.l10n.t('This folder is empty.'))];
    return this.#paging.page(node, listed, (file) => containerFileNode(node, file));
  }

  async #listed({
    containerId,
    path,
  }: ContainerFilesNode | ContainerFileNode): Promise<readonly ContainerFile[]> {
    const { files } = await this.#context.containers.byId(containerId);
    return directoriesFirst(await files.list(path));
  }
}

function noteNode(parent: ContainersNode, text: string): Extract<ContainersNode, { kind: 'containersNote' }> {
  return { kind: 'containersNote', id: `${parent.id}/note`, parent, text };
}

function directoriesFirst(files: readonly ContainerFile[]): readonly ContainerFile[] {
  return [...files.filter(({ type }) => type === 'dir'), ...files.filter(({ type }) => type !== 'dir')];
}
