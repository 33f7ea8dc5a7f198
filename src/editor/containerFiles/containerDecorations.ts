import * as vscode from 'vscode';
import {
  type ChangeKind,
  type EngineClient,
  isEngineError,
  type LayerPath,
  parentPath,
  parseLayerPath,
} from '../../engine/index.ts';
import { changeLetters, isOwnChange } from '../changeText.ts';
import type { EditorContext } from '../context.ts';
import { containerScheme, parseContainerFileUri } from '../uri.ts';
import type { ContainerNews, ContainersInUse } from './containersInUse.ts';

type Changes = ReadonlyMap<LayerPath, ChangeKind>;

/**
 * Marks what a container changed by the letters of `docker diff`: A, C and D. The word is in the tooltip, which screen
 * readers read, so that nothing depends on colour alone.
 */
export class ContainerDecorations implements vscode.FileDecorationProvider {
  readonly #context: EditorContext;
  readonly #inUse: ContainersInUse;
  /** What each container changed, asked for once between two changes. */
  readonly #kept = new Map<string, Promise<Changes>>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  readonly onDidChangeFileDecorations = this.#changed.event;

  constructor(context: EditorContext, inUse: ContainersInUse) {
    this.#context = context;
    this.#inUse = inUse;
    context.subscriptions.push(
      this.#changed,
      inUse.onDidTell((news) => {
        this.#forget(news);
      }),
      context.containers.onDidChange((id) => {
        if (id === undefined) this.#kept.clear();
        else this.#kept.delete(id);
      }),
    );
  }

  async provideFileDecoration(uri: vscode.Uri): Promise<vscode.FileDecoration | undefined> {
    if (uri.scheme !== containerScheme) return undefined;
    try {
      const { containerId, path } = parseContainerFileUri(uri);
      const kind = (await this.#changesOf(containerId)).get(path);
      return kind && decorationOf(kind);
    } catch (error) {
      // What cannot be asked says so where it is opened; a missing mark is no failure of its own.
      if (isEngineError(error)) return undefined;
      throw error;
    }
  }

  #changesOf(id: string): Promise<Changes> {
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    const asked = this.#ask(id);
    this.#kept.set(id, asked);
    asked.catch(() => {
      if (this.#kept.get(id) === asked) this.#kept.delete(id);
    });
    return asked;
  }

  async #ask(id: string): Promise<Changes> {
    const { place } = await this.#context.containers.byId(id);
    if (place.kind === 'engine') return changesInEngine(await place.engine.client.containerChanges(id));
    const own = (await place.files.changes()).filter(isOwnChange);
    return new Map(own.map(({ path, kind }) => [path, kind]));
  }

  /** Of an engine's containers it is not told what changed: then all that is seen is asked for again. */
  #forget({ container, news }: ContainerNews): void {
    this.#kept.delete(container.id);
    const isKnown = container.place.kind === 'store';
    this.#changed.fire(
      isKnown ? news.flatMap(({ path }) => [...this.#inUse.urisOf(container.id, path)]) : undefined,
    );
  }
}

/**
 * As the engine tells it at once: to know more, the image's layers would have to be fetched. It lists the folders of what
 * changed, too, and does not say whether they are others themselves.
 */
function changesInEngine(told: Awaited<ReturnType<EngineClient['containerChanges']>>): Changes {
  const changes = told.map(({ path, kind }) => ({ path: parseLayerPath(path), kind }));
  const onTheWay = new Set(changes.map(({ path }) => parentPath(path)));
  const own = changes.filter(({ path, kind }) => kind !== 'modified' || !onTheWay.has(path));
  return new Map(own.map(({ path, kind }) => [path, kind === 'deleted' ? 'removed' : kind]));
}

function decorationOf(kind: ChangeKind): vscode.FileDecoration {
  const { colour, tooltip } = marks()[kind];
  return new vscode.FileDecoration(changeLetters[kind], tooltip, new vscode.ThemeColor(colour));
}

function marks(): Record<ChangeKind, { readonly colour: string; readonly tooltip: string }> {
  return {
    added: {
      colour: 'gitDecoration.addedResourceForeground',
      tooltip: vscode.l10n.t('Added by the container'),
    },
    modified: {
      colour: 'gitDecoration.modifiedResourceForeground',
      tooltip: vscode.l10n.t('Changed by the container'),
    },
    removed: {
      colour: 'gitDecoration.deletedResourceForeground',
      tooltip: vscode.l10n.t('Removed by the container'),
    },
  };
}
