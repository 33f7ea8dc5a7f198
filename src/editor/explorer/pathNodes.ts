import {
  baseName,
  type LayerChange,
  type LayerPath,
  type RootfsEntry,
  rootPath,
  toText,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { ChangeNode, FileNode, FilesNode, LayerNode, Node } from '../nodes.ts';
import { belowOf } from '../openedImages.ts';
import type { Paging } from '../paging.ts';

/** What has paths below it. */
export type PathParent = FilesNode | FileNode | LayerNode | ChangeNode;
type PathItem = LayerChange | RootfsEntry;

/** The paths of the union, and those that a layer changes, as nodes. */
export class PathNodes {
  readonly #context: EditorContext;
  readonly #paging: Paging<Node>;

  constructor(context: EditorContext, paging: Paging<Node>) {
    this.#context = context;
    this.#paging = paging;
  }

  /** What lies directly below a node, as far as it is shown. */
  async childrenOf(node: PathParent): Promise<readonly Node[]> {
    return this.#page(node, await this.#listed(node));
  }

  /** A layer's changes that are known while it is still being read; none before there are any. */
  async childrenSoFar(node: LayerNode): Promise<readonly Node[]> {
    const soFar = await this.#context.engine.changesSoFar(node.opened.image, node.layer, rootPath);
    return soFar === undefined ? [] : this.#page(node, soFar);
  }

  /** The child at a path; the parent itself where the child is too far down to be shown; undefined when absent. */
  async childAt(parent: PathParent, path: LayerPath): Promise<PathParent | undefined> {
    const items = await this.#listed(parent);
    const position = items.findIndex((item) => item.path === path);
    const item = items[position];
    if (item === undefined) return undefined;
    return this.#paging.reach(parent, position) ? pathNode(parent, item) : parent;
  }

  #page(parent: PathParent, items: readonly PathItem[]): readonly Node[] {
    return this.#paging.page(parent, items, (item) => pathNode(parent, item));
  }

  async #listed(node: PathParent): Promise<readonly PathItem[]> {
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
    return engine.changes(image, node.layer, directory, { priority: 'seen', below: belowOf(node.opened) });
  }
}

function pathNode(parent: PathParent, item: PathItem): FileNode | ChangeNode {
  const { opened } = parent;
  const id = `${parent.id}/${toText(baseName(item.path))}`;
  if (!('isOwn' in item)) return { kind: 'file', id, parent, opened, entry: item };
  const layer = parent.kind === 'layer' || parent.kind === 'change' ? parent.layer : 0;
  return { kind: 'change', id, parent, opened, layer, change: item };
}

function directoriesFirst(entries: readonly RootfsEntry[]): readonly RootfsEntry[] {
  const isDirectory = (entry: RootfsEntry): boolean => entry.type === 'dir';
  return [...entries.filter(isDirectory), ...entries.filter((entry) => !isDirectory(entry))];
}
