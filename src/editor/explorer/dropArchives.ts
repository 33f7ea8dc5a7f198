import * as vscode from 'vscode';
import { rootfsUri } from '../uri.ts';
import type { Node } from '../nodes.ts';

const uriList = 'text/uri-list';

/** Files dropped on the view are opened; files of images can be dragged into an editor. */
export class DropArchives implements vscode.TreeDragAndDropController<Node> {
  readonly dropMimeTypes = [uriList, 'files'];
  readonly dragMimeTypes = [uriList];
  readonly #open: (uris: readonly vscode.Uri[]) => void;

  constructor(open: (uris: readonly vscode.Uri[]) => void) {
    this.#open = open;
  }

  handleDrag(nodes: readonly Node[], data: vscode.DataTransfer): void {
    const uris = nodes.map(uriOf).filter((uri) => uri !== undefined);
    if (uris.length > 0) data.set(uriList, new vscode.DataTransferItem(uris.join('\r\n')));
  }

  async handleDrop(_target: Node | undefined, data: vscode.DataTransfer): Promise<void> {
    const listed = await data.get(uriList)?.asString();
    const uris = (listed ?? '')
      .split(/\r?\n/)
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => vscode.Uri.parse(line));
    const dropped = [...data].map(([, item]) => item.asFile()?.uri).filter((uri) => uri !== undefined);
    const files = [...uris, ...dropped].filter(({ scheme }) => scheme === 'file');
    const distinct = new Map(files.map((uri) => [uri.toString(), uri]));
    if (distinct.size > 0) this.#open([...distinct.values()]);
  }
}

function uriOf(node: Node): vscode.Uri | undefined {
  if (node.kind === 'file') return rootfsUri(node.opened.image, node.entry.path);
  if (node.kind === 'change') return rootfsUri(node.opened.image, node.change.path, node.layer);
  return undefined;
}
