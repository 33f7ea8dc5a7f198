import * as vscode from 'vscode';
import type { KnownLayer } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isCancelled, logFailure } from '../failures.ts';
import type { KnownLayerNode, Node } from '../nodes.ts';
import type { LayerReading } from './layerReading.ts';
import { nodeTooltip, treeItem } from './treeItems.ts';

/** The view *Layers*: every layer of the opened images and the store, once, and which images share it. */
export class LayersTree implements vscode.TreeDataProvider<Node> {
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(context: EditorContext, reading: LayerReading) {
    this.#context = context;
    this.#reading = reading;
    context.subscriptions.push(
      this.#changed,
      context.images.onDidChange(() => {
        this.refresh();
      }),
      // Of progress nothing is shown here, only sizes.
      reading.onDidChange((places) => {
        if (places.some(({ image, layer }) => reading.stateOf(image, layer).kind === 'ready')) this.refresh();
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
    if (node !== undefined) return node.kind === 'knownLayer' ? placesOf(node) : [];
    try {
      return await this.#layers();
    } catch (error) {
      if (isCancelled(error)) return [];
      logFailure(error, this.#context.log);
      return [
        {
          kind: 'unreadable',
          id: 'failure',
          parent: undefined,
          label: vscode.l10n.t('Cannot be read'),
          failure: error,
        },
      ];
    }
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  async #layers(): Promise<Node[]> {
    const open = new Set((await this.#context.images.all()).map(({ image }) => image.id));
    // The engine also remembers images of archives that were closed.
    const layers = this.#context.engine
      .knownLayers()
      .map((layer) => ({ ...layer, places: layer.places.filter(({ image }) => open.has(image.id)) }))
      .filter(({ places }) => places.length > 0);
    return layers
      .sort(bySharing)
      .map((layer): Node => ({ kind: 'knownLayer', id: layer.key, parent: undefined, layer }));
  }
}

/** Most shared first, then largest. */
function bySharing(a: KnownLayer, b: KnownLayer): number {
  return b.places.length - a.places.length || (b.compressedSize ?? 0) - (a.compressedSize ?? 0);
}

function placesOf(parent: KnownLayerNode): Node[] {
  return parent.layer.places.map((place, at) => ({ kind: 'place', id: `${parent.id}/${at}`, parent, place }));
}
