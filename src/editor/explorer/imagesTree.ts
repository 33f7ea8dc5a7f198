import * as vscode from 'vscode';
import type { LayerPlace } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import type { EngineImageNode, ImageNode, LayerNode, MoreNode, Node } from '../nodes.ts';
import type { EnginesChange } from '../knownEngines.ts';
import { storeLocation } from '../openedImages.ts';
import { Paging } from '../paging.ts';
import type { LayerReading } from './layerReading.ts';
import { unreadableNode } from './sourceNodes.ts';
import { nodeTooltip, treeItem } from './treeItems.ts';
import { TreeNodes } from './treeNodes.ts';
import type { ViewOptions } from './viewOptions.ts';

/** The view *Images*: archives and the store, their images, the layers of those, and what each layer changes. */
export class ImagesTree implements vscode.TreeDataProvider<Node> {
  readonly nodes: TreeNodes;
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly #paging: Paging<Node>;
  /** The nodes that VS Code was given and may unfold, by id: only these very objects can be refreshed. */
  readonly #given = new Map<string, Node>();
  readonly #givenLayers = new Map<string, LayerNode>();
  /** By {@link Image.id}: the line that shows what the image adds up to. */
  readonly #givenImages = new Map<string, ImageNode>();
  /** By engine and image, since an image of several repositories stands in each group. */
  readonly #givenEngineImages = new Map<string, Map<string, EngineImageNode>>();
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, reading: LayerReading, options: ViewOptions) {
    this.#context = context;
    this.#reading = reading;
    this.#paging = new Paging<Node>(
      (parent) => {
        this.refresh(parent);
      },
      (parent, id, hidden) => ({ kind: 'more', id, parent, hidden }),
    );
    this.nodes = new TreeNodes(context, reading, this.#paging, options);
    context.subscriptions.push(
      this.#changed,
      context.images.onDidChange((location) => {
        this.#refreshSource(location);
      }),
      context.images.onDidReload((ids) => {
        this.#refreshImages(ids);
      }),
      context.engines.onDidChange((change) => {
        this.#refreshEngine(change);
      }),
      options.onDidChange(() => {
        this.refresh();
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
    if (node.kind !== 'engineImage') return;
    const key = keyOf(node.engine.location, node.image.id);
    const known = this.#givenEngineImages.get(key) ?? new Map<string, EngineImageNode>();
    this.#givenEngineImages.set(key, known.set(node.id, node));
  }

  #refreshSource(location: string | undefined): void {
    // Whether the store is listed at all may change with what it holds.
    const isKnown = location !== undefined && location !== storeLocation;
    this.#changed.fire(isKnown ? this.#given.get(location) : undefined);
  }

  /** An event about one image or its containers draws that image's line, and nothing else. */
  #refreshEngine(change: EnginesChange | undefined): void {
    if (change === undefined) {
      this.#changed.fire(undefined);
      return;
    }
    const { engine } = change;
    if (change.kind === 'standing' || change.kind === 'images') this.#fireGiven(engine.location);
    if (change.kind !== 'image') return;
    this.#fireEngineImage(engine.location, change.id);
  }

  #refreshImages(ids: ReadonlySet<string>): void {
    for (const id of ids) {
      const node = this.#givenImages.get(id);
      if (node !== undefined) this.#changed.fire(node);
      const opened = this.#context.images.peek(id);
      if (opened?.entry.engineId !== undefined)
        this.#fireEngineImage(opened.source.location, opened.entry.engineId);
    }
  }

  #fireEngineImage(location: string, id: string): void {
    for (const node of this.#givenEngineImages.get(keyOf(location, id))?.values() ?? [])
      this.#changed.fire(node);
  }

  #fireGiven(id: string): void {
    const node = this.#given.get(id);
    if (node !== undefined) this.#changed.fire(node);
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

function keyOf(location: string, id: string): string {
  return `${location} ${id}`;
}

/** What never unfolds. */
const leaves: ReadonlySet<Node['kind']> = new Set(['step', 'problem', 'more', 'note', 'unreadable']);
