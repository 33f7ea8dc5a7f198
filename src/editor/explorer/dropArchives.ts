import * as vscode from 'vscode';
import { rootfsUri } from '../uri.ts';
import { engineOf, isNode, type Node } from '../nodes.ts';

const uriList = 'text/uri-list';
/** VS Code's own name for what is dragged within the view; it wants the view's in lower case. */
const withinView = 'application/vnd.code.tree.lamina.images';

/**
 * Files dropped on the view are opened, or loaded where they are dropped on an engine; images dropped on an engine or
 * on the store are copied there; files of images can be dragged into an editor.
 */
export class DropArchives implements vscode.TreeDragAndDropController<Node> {
  readonly dropMimeTypes = [withinView, uriList, 'files'];
  readonly dragMimeTypes = [uriList];
  readonly #open: (uris: readonly vscode.Uri[]) => void;

  constructor(open: (uris: readonly vscode.Uri[]) => void) {
    this.#open = open;
  }

  handleDrag(nodes: readonly Node[], data: vscode.DataTransfer): void {
    const uris = nodes.map(uriOf).filter((uri) => uri !== undefined);
    if (uris.length > 0) data.set(uriList, new vscode.DataTransferItem(uris.join('\r\n')));
    const images = nodes.filter(isImageNode);
    if (images.length > 0) data.set(withinView, new vscode.DataTransferItem(images));
  }

  async handleDrop(target: Node | undefined, data: vscode.DataTransfer): Promise<void> {
    const dragged: unknown = data.get(withinView)?.value;
    const images = Array.isArray(dragged) ? dragged.filter(isNode).filter(isImageNode) : [];
    if (images.length > 0) {
      await copyTo(target, images);
      return;
    }
    const listed = await data.get(uriList)?.asString();
    const uris = (listed ?? '')
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => vscode.Uri.parse(line));
    const dropped = [...data].map(([, item]) => item.asFile()?.uri).filter((uri) => uri !== undefined);
    const files = [...uris, ...dropped].filter(({ scheme }) => scheme === 'file');
    const distinct = new Map(files.map((uri) => [uri.toString(), uri]));
    if (distinct.size === 0) return;
    const engine = engineOf(target);
    if (engine === undefined) this.#open([...distinct.values()]);
    else await vscode.commands.executeCommand('lamina.loadArchive', target, [...distinct.values()]);
  }
}

/** By the commands of those who copy: features do not know one another. */
async function copyTo(target: Node | undefined, images: readonly Node[]): Promise<void> {
  const engine = engineOf(target);
  // Onto another image of the engine it comes from: that is where it is already.
  const foreign = images.filter((each) => engineOf(each) === undefined || engineOf(each) !== engine);
  if (foreign.length === 0) return;
  if (engine !== undefined)
    await vscode.commands.executeCommand('lamina.loadIntoEngine', foreign[0], foreign, engine);
  else if (isInStore(target))
    await vscode.commands.executeCommand('lamina.importIntoStore', foreign[0], foreign);
}

function isInStore(node: Node | undefined): boolean {
  for (let at = node; at !== undefined; at = at.parent) if (at.kind === 'source') return at.isStore;
  return false;
}

function isImageNode({ kind }: Node): boolean {
  return kind === 'image' || kind === 'entry' || kind === 'engineImage';
}

function uriOf(node: Node): vscode.Uri | undefined {
  if (node.kind === 'file') return rootfsUri(node.opened.image, node.entry.path);
  if (node.kind === 'change') return rootfsUri(node.opened.image, node.change.path, node.layer);
  return undefined;
}
