import * as vscode from 'vscode';
import type { LayerPlace } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import type { ImageNode, LayerNode, MoreNode, Node } from '../nodes.ts';
import { storeLocation } from '../openedImages.ts';
import type { LayerReading } from './layerReading.ts';
import { Paging } from './paging.ts';
import { unreadableNode } from './sourceNodes.ts';
import { nodeTooltip, treeItem } from './treeItems.ts';
import { TreeNodes } from './treeNodes.ts';

/** The view *Images*: archives and the store, their images, the layers of those, and what each layer changes. */
export class ImagesTree implements vscode.TreeDataProvider<Node> {
  readonly nodes: TreeNodes;
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly #paging: Paging;
  /** The nodes that VS Code was given and may unfold, by id: only these very objects can be refreshed. */
  readonly #given = new Map<string, Node>();
  readonly #givenLayers = new Map<string, LayerNode>();
  readonly #givenImages = new Map<string, ImageNode>();
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, reading: LayerReading) {
    this.#context = context;
    this.#reading = reading;
    this.#paging = new Paging((parent) => {
      this.refresh(parent);
    });
    this.nodes = new TreeNodes(context, reading, this.#paging);
    context.subscriptions.push(
      this.#changed,
      context.images.onDidChange((location) => {
        this.#refreshSource(location);
      }),
      reading.onDidChange((places) => {
        this.#refreshLayers(places);
      }),
    );
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return treeItem(node, this.#reading);
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    item.tooltip = nodeTooltip(node, this.#reading, this.#context.engine)?.build() ?? item.tooltip;
    return item;
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    try {
      const children = await this.nodes.childrenOf(node);
      for (const child of children) this.#give(child);
      return [...children];
    } catch (error) {
      if (isCancelled(error)) return [];
      logFailure(error, this.#context.log);
      return [unreadableNode(`${node?.id ?? ''}/failure`, node, vscode.l10n.t('Cannot be read'), error)];
    }
  }

  /** Draws a node and what is below it again; everything without a node. */
  refresh(node?: Node): void {
    this.#changed.fire(node === undefined ? undefined : this.#given.get(node.id));
  }

  showMore({ parent }: MoreNode): void {
    this.#paging.showMore(parent);
  }

  #give(node: Node): void {
    if (leaves.has(node.kind)) return;
    this.#given.set(node.id, node);
    if (node.kind === 'layer') this.#givenLayers.set(`${node.opened.image.id} ${node.layer}`, node);
    if (node.kind === 'image') this.#givenImages.set(node.opened.image.id, node);
  }

  #refreshSource(location: string | undefined): void {
    // Whether the store is listed at all may change with what it holds.
    const isKnown = location !== undefined && location !== storeLocation;
    this.#changed.fire(isKnown ? this.#given.get(location) : undefined);
  }

  #refreshLayers(places: readonly LayerPlace[]): void {
    const complete = new Set<ImageNode>();
    for (const { image, layer } of places) {
      const node = this.#givenLayers.get(`${image.id} ${layer}`);
      if (node !== undefined) this.#changed.fire(node);
      const parent = this.#givenImages.get(image.id);
      if (parent !== undefined && this.#reading.sizeOf(image) !== undefined) complete.add(parent);
    }
    // The image's own line shows its size once every layer is known.
    for (const image of complete) this.#changed.fire(image);
  }
}

/** What never unfolds. */
const leaves: ReadonlySet<Node['kind']> = new Set(['step', 'problem', 'more', 'note', 'unreadable']);
