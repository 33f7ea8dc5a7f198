import * as vscode from 'vscode';
import {
  joinPath,
  type LayerChange,
  type LayerPath,
  type LayerPlace,
  type RootfsEntry,
  rootPath,
  splitPath,
  toText,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import type {
  ChangeNode,
  EntryNode,
  FileNode,
  FilesNode,
  ImageNode,
  LayerNode,
  Node,
  SourceNode,
  UnreadableNode,
} from '../nodes.ts';
import { isReadable, type OpenedImage, storeLocation, type UnreadableImage } from '../openedImages.ts';
import { platformText, referenceTitle } from '../text.ts';
import { filesNode, imageChildren, layerNode, problemChildren, problemsNode } from './imageChildren.ts';
import type { LayerReading } from './layerReading.ts';
import { Paging } from './paging.ts';
import { nodeTooltip, treeItem } from './treeItems.ts';

/** What has paths below it. */
type PathParent = FilesNode | FileNode | LayerNode | ChangeNode;

/** The view *Images*: archives and the store, their images, the layers of those, and what each layer changes. */
export class ImagesTree implements vscode.TreeDataProvider<Node> {
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly #paging = new Paging();
  /** The nodes that VS Code was given and may unfold, by id: only these very objects can be refreshed. */
  readonly #given = new Map<string, Node>();
  readonly #givenLayers = new Map<string, LayerNode>();
  readonly #givenImages = new Map<string, ImageNode>();
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, reading: LayerReading) {
    this.#context = context;
    this.#reading = reading;
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
      const children = node === undefined ? await this.#roots() : await this.#childrenOf(node);
      for (const child of children) this.#give(child);
      return [...children];
    } catch (error) {
      if (isCancelled(error)) return [];
      logFailure(error, this.#context.log);
      return [unreadable(`${node?.id ?? ''}/failure`, node, vscode.l10n.t('Cannot be read'), error)];
    }
  }

  /** Draws a node and what is below it again; everything without a node. */
  refresh(node?: Node): void {
    this.#changed.fire(node === undefined ? undefined : this.#given.get(node.id));
  }

  showMore(parent: Node): void {
    this.#paging.showMore(parent);
    this.refresh(parent);
  }

  /** The node of an image, made without unfolding anything. */
  async nodeOfImage(opened: OpenedImage): Promise<ImageNode | undefined> {
    const location = opened.source.kind === 'store' ? storeLocation : opened.source.location;
    for (const top of await this.#roots()) {
      if (top.kind !== 'source' || top.location !== location) continue;
      for (const child of await this.#childrenOf(top)) {
        const images = child.kind === 'entry' ? await this.#childrenOf(child) : [child];
        const found = images.find(
          (each) => each.kind === 'image' && each.opened.image.id === opened.image.id,
        );
        if (found?.kind === 'image') return found;
      }
    }
    return undefined;
  }

  async nodeOfLayer(opened: OpenedImage, layer: number): Promise<LayerNode | undefined> {
    const parent = await this.nodeOfImage(opened);
    return parent && layerNode(parent, layer);
  }

  /** The node of a path in the union, or among a layer's changes when a layer is named. */
  async nodeOfPath(opened: OpenedImage, path: LayerPath, layer?: number): Promise<Node | undefined> {
    const image = await this.nodeOfImage(opened);
    if (image === undefined) return undefined;
    let node: PathParent | undefined = layer === undefined ? filesNode(image) : layerNode(image, layer);
    let reached = rootPath;
    for (const name of splitPath(path)) {
      reached = joinPath(reached, name);
      node = node && (await this.#childAt(node, reached));
    }
    return node;
  }

  async #childAt(parent: PathParent, path: LayerPath): Promise<FileNode | ChangeNode | undefined> {
    const all = await this.#listed(parent);
    const position = all.findIndex((item) => item.path === path);
    if (position < 0) return undefined;
    if (this.#paging.showUpTo(parent, position)) this.refresh(parent);
    const children = await this.#pathChildren(parent);
    return children.filter(isPath).find((child) => pathOf(child) === path);
  }

  async #roots(): Promise<readonly Node[]> {
    const { images } = this.#context;
    const archives = await Promise.all(
      images.locations.map(async (location): Promise<Node> => {
        const state = await images.stateOf(location);
        return { kind: 'source', id: location, parent: undefined, location, isStore: false, state };
      }),
    );
    return [...archives, ...(await this.#storeNode())];
  }

  /** The store is listed once it holds something, or when it cannot be read. */
  async #storeNode(): Promise<readonly Node[]> {
    const [kind, id] = ['source', storeLocation] as const;
    const node: SourceNode = { kind, id, parent: undefined, location: id, isStore: true, state: 'same' };
    try {
      const source = await this.#context.images.source(storeLocation);
      if ((await source.list()).length === 0 && source.problems.length === 0) return [];
      const { bytes } = await this.#context.engine.store.usage();
      return [{ ...node, bytes }];
    } catch (error) {
      logFailure(error, this.#context.log);
      return [node];
    }
  }

  async #childrenOf(node: Node): Promise<readonly Node[]> {
    switch (node.kind) {
      case 'source':
        return this.#sourceChildren(node);
      case 'entry':
        return node.images.map((image) => this.#imageNode(node, image, true));
      case 'image':
        this.#reading.start(node.opened.image);
        return imageChildren(node, this.#context.settings.showsEmptySteps);
      case 'steps':
        return node.steps;
      case 'problems':
        return problemChildren(node);
      case 'layer':
        return this.#layerChildren(node);
      case 'files':
      case 'file':
      case 'change':
        return this.#pathChildren(node);
      case 'unreadable':
      case 'step':
      case 'problem':
      case 'more':
      case 'note':
      case 'knownLayer':
      case 'place':
        return [];
    }
  }

  async #sourceChildren(node: SourceNode): Promise<readonly Node[]> {
    const source = await this.#context.images.source(node.location);
    const images = await this.#context.images.imagesOf(source);
    const entries = await source.list();
    const children = entries.map((entry): Node => {
      const own = images.filter((image) => image.entry.position === entry.position);
      const [only] = own;
      if (own.length === 1 && only !== undefined) return this.#imageNode(node, only, false);
      return { kind: 'entry', id: `${node.id}#${entry.position}`, parent: node, source, entry, images: own };
    });
    const problems = problemsNode(node, source.problems);
    return children.length + problems.length === 0
      ? [this.#note(node, 'no-images')]
      : [...problems, ...children];
  }

  #imageNode(
    parent: SourceNode | EntryNode,
    image: OpenedImage | UnreadableImage,
    isPlatform: boolean,
  ): Node {
    const id = `${parent.id}#${image.entry.position}.${image.variant.position}`;
    if (isReadable(image)) return { kind: 'image', id, parent, opened: image, isPlatform };
    const name = isPlatform ? platformText(image.variant.platform) : referenceTitle(image.entry.names[0]);
    return unreadable(id, parent, name ?? vscode.l10n.t('Image {0}', image.entry.position), image.failure);
  }

  async #layerChildren(node: LayerNode): Promise<readonly Node[]> {
    const { image } = node.opened;
    const { engine } = this.#context;
    this.#reading.start(image);
    // The tree is drawn again as the layer is read, so nobody has to wait for a large one.
    const isKnown = await soon(engine.layerIndex(image, node.layer, { priority: 'seen' }));
    if (!isKnown) return this.#childrenSoFar(node);
    const changes = await this.#pathChildren(node);
    const { problems } = await engine.layerIndex(image, node.layer, { priority: 'seen' });
    const ofImage = image.problems.filter(({ layer }) => layer === node.layer);
    const all = problemsNode(node, [...ofImage, ...problems]);
    return changes.length + all.length === 0 ? [this.#note(node, 'no-changes')] : [...all, ...changes];
  }

  async #childrenSoFar(node: LayerNode): Promise<readonly Node[]> {
    const soFar = await this.#context.engine.changesSoFar(node.opened.image, node.layer, rootPath);
    const note = this.#note(node, 'still-reading');
    return [note, ...(soFar === undefined ? [] : this.#page(node, soFar))];
  }

  async #pathChildren(node: PathParent): Promise<readonly Node[]> {
    return this.#page(node, await this.#listed(node));
  }

  #page(node: PathParent, items: readonly (LayerChange | RootfsEntry)[]): readonly Node[] {
    const { opened } = node;
    return this.#paging.page<LayerChange | RootfsEntry>(node, items, (item) => {
      const id = `${node.id}/${toText(item.path).split('/').at(-1) ?? ''}`;
      if (!('isOwn' in item)) return { kind: 'file', id, parent: node, opened, entry: item };
      const layer = node.kind === 'layer' || node.kind === 'change' ? node.layer : 0;
      return { kind: 'change', id, parent: node, opened, layer, change: item };
    });
  }

  /** What lies directly below a node that stands for a directory. */
  async #listed(node: PathParent): Promise<readonly (LayerChange | RootfsEntry)[]> {
    const { engine } = this.#context;
    const { image } = node.opened;
    if (node.kind === 'files' || node.kind === 'file') {
      const view = await engine.rootfs(image, undefined, { priority: 'seen' });
      return directoriesFirst(view.list(node.kind === 'file' ? node.entry.path : rootPath));
    }
    const directory = node.kind === 'change' ? node.change.path : rootPath;
    if (engine.layerState(image, node.layer).kind === 'reading') {
      const soFar = await engine.changesSoFar(image, node.layer, directory);
      if (soFar !== undefined) return soFar;
    }
    return engine.changes(image, node.layer, directory, { priority: 'seen' });
  }

  #note(parent: Node, what: keyof ReturnType<typeof notes>): Node {
    return { kind: 'note', id: `${parent.id}/${what}`, parent, text: notes()[what] };
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

function notes() {
  return {
    'no-images': vscode.l10n.t('No images are in here.'),
    'no-changes': vscode.l10n.t('This layer changes no files.'),
    'still-reading': vscode.l10n.t('This layer is still being read…'),
  };
}

/** How long a layer may take before the tree is drawn without it. */
const patienceMs = 1000;

/** Whether work is done before a person would notice the wait. @throws what the work fails with by then. */
async function soon(work: Promise<unknown>): Promise<boolean> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What never unfolds. */
const leaves: ReadonlySet<Node['kind']> = new Set(['step', 'problem', 'more', 'note', 'unreadable']);

function directoriesFirst(entries: readonly RootfsEntry[]): readonly RootfsEntry[] {
  const isDirectory = (entry: RootfsEntry): boolean => entry.type === 'dir';
  return [...entries.filter(isDirectory), ...entries.filter((entry) => !isDirectory(entry))];
}

function isPath(node: Node): node is FileNode | ChangeNode {
  return node.kind === 'file' || node.kind === 'change';
}

function pathOf(node: FileNode | ChangeNode): LayerPath {
  return node.kind === 'file' ? node.entry.path : node.change.path;
}

function unreadable(id: string, parent: Node | undefined, label: string, failure: unknown): UnreadableNode {
  return { kind: 'unreadable', id, parent, label, failure };
}
