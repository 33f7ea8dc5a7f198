import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { standingNote } from '../engineText.ts';
import type { EnginesChange } from '../knownEngines.ts';
import {
  containerEngineNode,
  type ContainerEngineNode,
  type ContainerNode,
  containerNode,
  type ContainersNode,
} from '../containerNodes.ts';
import type { ContainersOptions } from './containersOptions.ts';
import { containerChildren } from './shownContainers.ts';
import { containersItem, containersTooltip } from './containerRows.ts';

/** The view *Containers*: each engine's containers, those of a Compose project together. */
export class ContainersTree implements vscode.TreeDataProvider<ContainersNode> {
  readonly #context: EditorContext;
  readonly #options: ContainersOptions;
  /** The nodes that VS Code was given, by id: only these very objects can be refreshed. */
  readonly #given = new Map<string, ContainersNode>();
  readonly #givenContainers = new Map<string, ContainerNode>();
  readonly #changed = new vscode.EventEmitter<ContainersNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, options: ContainersOptions) {
    this.#context = context;
    this.#options = options;
    context.subscriptions.push(
      this.#changed,
      options.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
      context.engines.onDidChange((change) => {
        this.#refresh(change);
      }),
    );
  }

  getTreeItem(node: ContainersNode): vscode.TreeItem {
    return containersItem(node);
  }

  resolveTreeItem(item: vscode.TreeItem, node: ContainersNode): vscode.TreeItem {
    item.tooltip = containersTooltip(node)?.build() ?? item.tooltip;
    return item;
  }

  getParent(node: ContainersNode): ContainersNode | undefined {
    return node.parent;
  }

  getChildren(node?: ContainersNode): ContainersNode[] {
    const children = [...this.#childrenOf(node)];
    for (const child of children) {
      this.#given.set(child.id, child);
      if (child.kind === 'container')
        this.#givenContainers.set(`${child.engine.location} ${child.container.id}`, child);
    }
    return children;
  }

  #childrenOf(node: ContainersNode | undefined): readonly ContainersNode[] {
    if (node === undefined) return this.#context.engines.shown.map(containerEngineNode);
    if (node.kind === 'project')
      return node.containers.map((each) => containerNode(node, node.engine.lists.container(each.id) ?? each));
    return node.kind === 'containerEngine' ? this.#engineChildren(node) : [];
  }

  #engineChildren(node: ContainerEngineNode): readonly ContainersNode[] {
    const note = standingNote(node.engine);
    if (note !== undefined) return [noteNode(node, note)];
    const children = containerChildren(node, this.#options.shown);
    if (children.length > 0) return children;
    const { containers } = node.engine.lists;
    const text =
      containers.length === 0
        ? vscode.l10n.t('This engine has no containers.')
        : vscode.l10n.t('All of its containers are hidden by the filter.');
    return [noteNode(node, text)];
  }

  #refresh(change: EnginesChange | undefined): void {
    if (change === undefined) {
      this.#changed.fire(undefined);
      return;
    }
    const { engine, kind } = change;
    if (kind === 'standing' || kind === 'containers') this.#fireGiven(engine.location);
    if (kind === 'container') this.#refreshContainer(engine.location, change.id);
  }

  /** Where stopped ones are hidden the list is another; a project counts those that run. */
  #refreshContainer(location: string, id: string): void {
    const node = this.#givenContainers.get(`${location} ${id}`);
    if (node === undefined || !this.#options.shown.showsStopped) this.#fireGiven(location);
    else this.#fireGiven(node.parent.kind === 'project' ? node.parent.id : node.id);
  }

  #fireGiven(id: string): void {
    const node = this.#given.get(id);
    if (node !== undefined) this.#changed.fire(node);
  }
}

function noteNode(parent: ContainerEngineNode, text: string): ContainersNode {
  return { kind: 'containersNote', id: `${parent.id}/note`, parent, text };
}
