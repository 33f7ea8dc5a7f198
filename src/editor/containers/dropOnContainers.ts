import * as vscode from 'vscode';
import { baseName, joinPath, type LayerPath, parentPath, rootPath } from '../../engine/index.ts';
import {
  type ContainersNode,
  isContainersNode,
  isOfContainer,
  type OfContainerNode,
  pathOfNode,
} from '../containerNodes.ts';
import type { EditorContext } from '../context.ts';
import { showFailure } from '../failures.ts';
import { countText, nameText } from '../text.ts';
import { containerFileUri } from '../uri.ts';
import { copyInto, type CopyPlace, type CopySource } from './copyInto.ts';
import { movePath } from './fileCommands.ts';

const uriList = 'text/uri-list';
/** VS Code's own name for what is dragged within the view; it wants the view's in lower case. */
const withinView = 'application/vnd.code.tree.lamina.containers';

/**
 * Files dropped on a container or a folder in it are copied there; within one container they are moved. Files of containers
 * can be dragged into editors and into the Explorer.
 */
export class DropOnContainers implements vscode.TreeDragAndDropController<ContainersNode> {
  readonly dropMimeTypes = [withinView, uriList, 'files'];
  readonly dragMimeTypes = [uriList];
  readonly #context: EditorContext;

  constructor(context: EditorContext) {
    this.#context = context;
  }

  handleDrag(nodes: readonly ContainersNode[], data: vscode.DataTransfer): void {
    const files = nodes.filter(isOfContainer).filter(isThere);
    if (files.length === 0) return;
    data.set(uriList, new vscode.DataTransferItem(files.map(uriOf).join('\r\n')));
    data.set(withinView, new vscode.DataTransferItem(files));
  }

  async handleDrop(target: ContainersNode | undefined, data: vscode.DataTransfer): Promise<void> {
    try {
      await this.#drop(target, data);
    } catch (error) {
      // Nobody waits for what a drop does.
      void showFailure(error, this.#context);
    }
  }

  async #drop(target: ContainersNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const place = target === undefined ? undefined : await this.#placeOf(target);
    if (place === undefined) return;
    const dragged: unknown = data.get(withinView)?.value;
    const nodes = Array.isArray(dragged) ? dragged.filter(isContainersNode).filter(isOfContainer) : [];
    if (nodes.length === 0) await copyInto(this.#context, place, await sourcesOf(data));
    else await this.#dropNodes(place, nodes);
  }

  /** What is of the same container is moved, the rest copied. */
  async #dropNodes(place: CopyPlace, nodes: readonly OfContainerNode[]): Promise<void> {
    const isOwn = ({ containerId }: OfContainerNode): boolean => containerId === place.container.id;
    await this.#move(
      place,
      nodes
        .filter(isOwn)
        .map(pathOf)
        .filter((path) => canMove(path, place.path)),
    );
    await copyInto(
      this.#context,
      place,
      nodes.filter((node) => !isOwn(node)).map((node) => ({ uri: uriOf(node) })),
    );
  }

  async #move({ container, path: folder }: CopyPlace, paths: readonly LayerPath[]): Promise<void> {
    if (paths.length === 0 || !(await isMoveConfirmed(paths, folder))) return;
    for (const path of paths) {
      const to = joinPath(folder, baseName(path));
      const isTaken = (await container.files.lookup(to)) !== undefined;
      if (isTaken && !(await isReplacingConfirmed(to))) return;
      await movePath(container, path, to, isTaken ? 'replace' : 'keep');
    }
  }

  /** A folder; of a file, the one it is in. */
  async #placeOf(target: ContainersNode): Promise<CopyPlace | undefined> {
    if (!isOfContainer(target)) return undefined;
    const container = await this.#context.containers.byId(target.containerId);
    const path = pathOfNode(target) ?? rootPath;
    return { container, path: isFolder(target) ? path : parentPath(path) };
  }
}

/** Whether there is something to drag: what was removed is not. */
function isThere(node: OfContainerNode): boolean {
  return node.kind === 'containerChange' ? node.change.kind !== 'removed' : node.kind === 'containerFile';
}

function isFolder(node: OfContainerNode): boolean {
  if (node.kind === 'containerFile') return node.file.type === 'dir';
  if (node.kind !== 'containerChange') return true;
  const { after, kind } = node.change;
  return kind !== 'removed' && after?.type === 'dir';
}

function pathOf(node: OfContainerNode): LayerPath {
  return pathOfNode(node) ?? rootPath;
}

function uriOf(node: OfContainerNode): vscode.Uri {
  return containerFileUri({ id: node.containerId, name: node.containerName }, pathOf(node));
}

/** Not into the folder it is in, and a folder not into itself. */
function canMove(path: LayerPath, folder: LayerPath): boolean {
  const isInside = folder === path || folder.startsWith(`${path}/`);
  return path !== rootPath && parentPath(path) !== folder && !isInside;
}

/** As the Explorer does, unless a person has told it not to. */
async function isMoveConfirmed(paths: readonly LayerPath[], folder: LayerPath): Promise<boolean> {
  const asks = vscode.workspace.getConfiguration('explorer').get<boolean>('confirmDragAndDrop', true);
  if (!asks) return true;
  const [first] = paths;
  const message =
    paths.length === 1 && first !== undefined
      ? vscode.l10n.t('Move {0} into {1}?', nameText(first), nameText(folder))
      : vscode.l10n.t('Move {0} files and folders into {1}?', countText(paths.length), nameText(folder));
  const move = vscode.l10n.t('Move');
  return (await vscode.window.showWarningMessage(message, { modal: true }, move)) === move;
}

async function isReplacingConfirmed(path: LayerPath): Promise<boolean> {
  const message = vscode.l10n.t('{0} is there already. Replace it?', nameText(path));
  const replace = vscode.l10n.t('Replace');
  return (await vscode.window.showWarningMessage(message, { modal: true }, replace)) === replace;
}

/** Where there is an address, VS Code reads by it; a browser gives only bytes. */
async function sourcesOf(data: vscode.DataTransfer): Promise<readonly CopySource[]> {
  const listed = (await data.get(uriList)?.asString()) ?? '';
  const uris = listed
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => vscode.Uri.parse(line));
  const files = [...data].map(([, item]) => item.asFile()).filter((file) => file !== undefined);
  const addressed = [...uris, ...files.map(({ uri }) => uri)].filter((uri) => uri !== undefined);
  const known = new Map(addressed.map((uri) => [uri.toString(), uri]));
  const bare = files.filter(({ uri }) => uri === undefined);
  return [
    ...[...known.values()].map((uri) => ({ uri })),
    ...bare.map((file) => ({ name: file.name, bytes: () => file.data() })),
  ];
}
