import * as vscode from 'vscode';
import {
  baseName,
  type ByteName,
  type ChangeKind,
  isEngineError,
  type LayerChange,
  type LayerPath,
  parentPath,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isChangeItself } from '../entryText.ts';
import { belowOf, type OpenedImage } from '../openedImages.ts';
import { instructionText } from '../text.ts';
import { parseRootfsUri, rootfsScheme } from '../uri.ts';

const mostKept = 64;

/**
 * Marks files of images. At a layer, by what the layer does to them (A, M, D); in the union, by the layer they come
 * from. The word is in the tooltip, which screen readers read, so that nothing depends on colour alone.
 */
export class ChangeDecorations implements vscode.FileDecorationProvider {
  readonly #context: EditorContext;
  /** The changes of one directory by one layer, which VS Code asks for name by name. */
  readonly #kept = new Map<string, Promise<ReadonlyMap<ByteName, LayerChange>>>();

  constructor(context: EditorContext) {
    this.#context = context;
    context.subscriptions.push(
      context.images.onDidReload(() => {
        this.#kept.clear();
      }),
    );
  }

  async provideFileDecoration(uri: vscode.Uri): Promise<vscode.FileDecoration | undefined> {
    if (uri.scheme !== rootfsScheme) return undefined;
    try {
      const { imageId, upTo, path } = parseRootfsUri(uri);
      const opened = await this.#context.images.byId(imageId);
      return upTo === undefined
        ? await this.#byOrigin(opened, path)
        : await this.#byChange(opened, upTo, path);
    } catch (error) {
      // What cannot be read says so where it is opened; a missing mark is no failure of its own.
      if (isEngineError(error)) return undefined;
      throw error;
    }
  }

  async #byChange(
    opened: OpenedImage,
    layer: number,
    path: LayerPath,
  ): Promise<vscode.FileDecoration | undefined> {
    if (path === '/') return undefined;
    const change = (await this.#changesIn(opened, layer, parentPath(path))).get(baseName(path));
    if (change === undefined || change.isUncertain === true || !isChangeItself(change)) return undefined;
    const { badge, colour, tooltip } = marks()[change.kind];
    return new vscode.FileDecoration(badge, tooltip, new vscode.ThemeColor(colour));
  }

  async #byOrigin({ image }: OpenedImage, path: LayerPath): Promise<vscode.FileDecoration | undefined> {
    const entry = (await this.#context.engine.rootfs(image)).lookup(path);
    if (entry === undefined || entry.type === 'dir' || entry.layer > 99) return undefined;
    const instruction = instructionText(image.layers[entry.layer]?.history);
    const tooltip = vscode.l10n.t('From layer {0}', entry.layer);
    return new vscode.FileDecoration(
      String(entry.layer),
      instruction ? `${tooltip}: ${instruction}` : tooltip,
    );
  }

  #changesIn(
    opened: OpenedImage,
    layer: number,
    directory: LayerPath,
  ): Promise<ReadonlyMap<ByteName, LayerChange>> {
    const key = `${opened.image.id} ${layer} ${directory}`;
    const known = this.#kept.get(key) ?? this.#read(opened, layer, directory, key);
    this.#kept.set(key, known);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > mostKept && oldest.done !== true) this.#kept.delete(oldest.value);
    return known;
  }

  #read(
    opened: OpenedImage,
    layer: number,
    directory: LayerPath,
    key: string,
  ): Promise<ReadonlyMap<ByteName, LayerChange>> {
    const changes = this.#context.engine
      .changes(opened.image, layer, directory, { below: belowOf(opened) })
      .then((list) => {
        // What cannot be told now can be told later, without a sign of it here.
        if (list.some(({ isUncertain }) => isUncertain)) this.#kept.delete(key);
        return new Map(list.map((change) => [baseName(change.path), change]));
      });
    changes.catch(() => this.#kept.delete(key));
    return changes;
  }
}

interface Mark {
  readonly badge: string;
  readonly colour: string;
  readonly tooltip: string;
}

function marks(): Record<ChangeKind, Mark> {
  return {
    added: {
      badge: 'A',
      colour: 'gitDecoration.addedResourceForeground',
      tooltip: vscode.l10n.t('Added by this layer'),
    },
    modified: {
      badge: 'M',
      colour: 'gitDecoration.modifiedResourceForeground',
      tooltip: vscode.l10n.t('Modified by this layer'),
    },
    removed: {
      badge: 'D',
      colour: 'gitDecoration.deletedResourceForeground',
      tooltip: vscode.l10n.t('Removed by this layer'),
    },
  };
}
