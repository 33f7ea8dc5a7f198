import * as vscode from 'vscode';
import {
  type AnyContainerNode,
  containerEngineNode,
  type ContainerNode,
  containerNow,
  type ContainersMoreNode,
  type ContainersNode,
  isAlive,
  isOfContainer,
} from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { failureText, isCancelled, logFailure } from '../failures.ts';
import type { EnginesChange } from '../knownEngines.ts';
import { Paging } from '../paging.ts';
import type { ChangeLists } from './changeLists.ts';
import type { ContainersOptions } from './containersOptions.ts';
import { containersItem, containersTooltip } from './containerRows.ts';
import { TreeChildren } from './treeChildren.ts';

/** The view *Containers*: those of the store and of engines, what each changed, and its files. */
export class ContainersTree implements vscode.TreeDataProvider<ContainersNode> {
  readonly children: TreeChildren;
  readonly #context: EditorContext;
  readonly #options: ContainersOptions;
  readonly #lists: ChangeLists;
  readonly #paging: Paging<ContainersNode>;
  /** The nodes that VS Code was given, by id: only these very objects can be refreshed. */
  readonly #given = new Map<string, ContainersNode>();
  /** The lines of containers, by the container's ID. */
  readonly #givenContainers = new Map<string, AnyContainerNode>();
  /** Whether containers of engines ran when they were last drawn. */
  readonly #running = new Map<string, boolean>();
  readonly #changed = new vscode.EventEmitter<ContainersNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, options: ContainersOptions, lists: ChangeLists) {
    this.#context = context;
    this.#options = options;
    this.#lists = lists;
    this.#paging = new Paging<ContainersNode>(
      (parent) => {
        this.#fireGiven(parent.id);
      },
      (parent, id, hidden) => ({ kind: 'moreOfContainers', id, parent, hidden }),
    );
    this.children = new TreeChildren(context, options, lists, this.#paging);
    context.subscriptions.push(
      this.#changed,
      options.onDidChange(() => {
        this.#changed.fire(undefined);
      }),
      context.engines.onDidChange((change) => {
        this.#refreshEngine(change);
      }),
      context.containers.onDidChange((id) => {
        if (id === undefined) this.#refreshStore();
      }),
      lists.onDidChange((id) => {
        this.#refreshContainer(id);
      }),
    );
  }

  getTreeItem(node: ContainersNode): vscode.TreeItem {
    return containersItem(node, this.#lists);
  }

  resolveTreeItem(item: vscode.TreeItem, node: ContainersNode): vscode.TreeItem {
    const tooltip = containersTooltip(node, this.#lists, () => this.#context.engine.store.directory);
    item.tooltip = tooltip?.build() ?? item.tooltip;
    return item;
  }

  getParent(node: ContainersNode): ContainersNode | undefined {
    return node.parent;
  }

  /** What fails says so in place. */
  async getChildren(node?: ContainersNode): Promise<ContainersNode[]> {
    const children = await this.#childrenOf(node);
    for (const child of children) {
      this.#given.set(child.id, child);
      if (child.kind === 'storedContainer' || child.kind === 'container')
        this.#givenContainers.set(child.containerId, child);
      if (child.kind === 'container') this.#running.set(child.containerId, isAlive(containerNow(child)));
    }
    return [...children];
  }

  showMore({ parent }: ContainersMoreNode): void {
    this.#paging.showMore(parent);
  }

  /** Asks anew for what a node shows; for everything without one. */
  refresh(node?: ContainersNode): void {
    if (node !== undefined && isOfContainer(node)) this.#lists.renew(node.containerId);
    else {
      this.#lists.renewAll();
      this.#changed.fire(undefined);
    }
  }

  async #childrenOf(node: ContainersNode | undefined): Promise<readonly ContainersNode[]> {
    try {
      return await this.children.of(node);
    } catch (error) {
      if (isCancelled(error) || node === undefined) return [];
      logFailure(error, this.#context.log);
      const text = failureText(error);
      return [{ kind: 'containersNote', id: `${node.id}/failure`, parent: node, text, isFailure: true }];
    }
  }

  #refreshStore(): void {
    // Whether the store is listed at all may change with what it holds.
    this.#changed.fire(undefined);
  }

  #refreshContainer(id: string): void {
    const node = this.#givenContainers.get(id);
    if (node !== undefined) this.#changed.fire(node);
  }

  #refreshEngine(change: EnginesChange | undefined): void {
    if (change === undefined) {
      this.#changed.fire(undefined);
      return;
    }
    const { engine, kind } = change;
    if (kind === 'standing' || kind === 'containers') this.#fireGiven(containerEngineNode(engine).id);
    if (kind === 'container') this.#refreshEngineContainer(engine.location, change.id);
  }

  /** Where stopped ones are hidden the list is another; a project counts those that run. */
  #refreshEngineContainer(location: string, id: string): void {
    const node = this.#givenContainers.get(id);
    if (node?.kind === 'container') this.#renewAfterStart(node);
    if (node?.kind !== 'container' || !this.#options.shown.showsStopped) this.#fireGiven(location);
    else this.#fireGiven(node.parent.kind === 'project' ? node.parent.id : node.id);
  }

  /** What starts or stops writes files, and can be asked other things than before. */
  #renewAfterStart(node: ContainerNode): void {
    const isRunning = isAlive(containerNow(node));
    if (this.#running.get(node.containerId) === isRunning) return;
    this.#running.set(node.containerId, isRunning);
    if (this.#lists.known(node.containerId) !== undefined) this.#lists.renew(node.containerId);
  }

  #fireGiven(id: string): void {
    const node = this.#given.get(id);
    if (node !== undefined) this.#changed.fire(node);
  }
}
