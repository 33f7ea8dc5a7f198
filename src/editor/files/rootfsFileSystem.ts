import * as vscode from 'vscode';
import {
  EngineError,
  isEngineError,
  joinPath,
  type LayerPath,
  type RootfsEntry,
  toText,
  type UnionView,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { toFileSystemError } from '../failures.ts';
import { fileTypeOf, timeMsOf } from '../fileStats.ts';
import { offerToSave } from '../offerToSave.ts';
import { belowOf, type OpenedImage } from '../openedImages.ts';
import { imageIdOf, parseRootfsUri, rootfsScheme } from '../uri.ts';

/** An address, looked up: the image, the union it speaks of, and the path in it. */
interface Found {
  readonly opened: OpenedImage;
  readonly view: UnionView;
  readonly path: LayerPath;
}

/**
 * The file systems of images, as VS Code's file service asks for them. Read-only: layers never change. Links are
 * resolved inside the image's root, and `stat` tells the truth about them.
 */
export class RootfsFileSystem implements vscode.FileSystemProvider {
  readonly #context: EditorContext;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(context: EditorContext) {
    this.#context = context;
    context.subscriptions.push(
      this.#changed,
      context.images.onDidReload((ids) => {
        this.#changed.fire(openUrisOf(ids).map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
      }),
    );
  }

  stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.#answer(uri, ({ view, path }) => {
      const entry = view.lookup(path);
      if (entry === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      return statOf(entry, entry.type === 'symlink' ? targetOf(view, path) : entry);
    });
  }

  readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.#answer(uri, ({ view, path }) =>
      view.list(path).map((entry): [string, vscode.FileType] => {
        const target = entry.type === 'symlink' ? targetOf(view, joinPath(path, entry.name)) : entry;
        return [toText(entry.name), fileTypeOf(entry, target)];
      }),
    );
  }

  /** The whole file; VS Code asks for no less. Refused beyond the setting `lamina.files.maxSize`. */
  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.#answer(uri, async ({ opened, view, path }) => {
      const entry = view.resolve(path);
      if (entry === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      const { maxFileSize } = this.#context.settings;
      // An editor shows only the failure's text, so the way out is offered beside it.
      if (entry.size > maxFileSize) void offerToSave(uri, entry.size);
      return this.#context.engine.readFile(opened.image, entry, maxFileSize);
    });
  }

  /** What an image holds does not change; reading it anew is announced by {@link onDidChangeFile}. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  createDirectory(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  delete(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  rename(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  async #answer<T>(uri: vscode.Uri, question: (found: Found) => T | Promise<T>): Promise<T> {
    try {
      const { imageId, upTo, path } = parseRootfsUri(uri);
      const opened = await this.#context.images.byId(imageId);
      const view = (await this.#ownFile(opened, upTo, path)) ?? (await this.#rootfs(opened, upTo));
      return await question({ opened, view, path });
    } catch (error) {
      throw toFileSystemError(error, uri);
    }
  }

  /**
   * The union as far as it is at hand, where that settles the question: the top layer has the file itself. So a file of
   * one layer is read from a registry without the layers below.
   */
  async #ownFile(
    opened: OpenedImage,
    upTo: number | undefined,
    path: LayerPath,
  ): Promise<UnionView | undefined> {
    if (upTo === undefined || belowOf(opened) === 'all') return undefined;
    const view = await this.#rootfs(opened, upTo, 'at-hand');
    const entry = view.lookup(path);
    return entry?.type === 'file' && entry.contentLayer === upTo ? view : undefined;
  }

  #rootfs(
    { image }: OpenedImage,
    upTo: number | undefined,
    below: 'all' | 'at-hand' = 'all',
  ): Promise<UnionView> {
    return this.#context.engine.rootfs(image, upTo, { priority: 'seen', below });
  }
}

/** What a link leads to; undefined when it dangles or leads in a circle. */
function targetOf(view: UnionView, path: LayerPath): RootfsEntry | undefined {
  try {
    return view.resolve(path);
  } catch (error) {
    if (isEngineError(error, 'symlink-loop')) return undefined;
    throw error;
  }
}

/** A link has the attributes of its target and both types; a dangling one those of its own. */
function statOf(entry: RootfsEntry, target: RootfsEntry | undefined): vscode.FileStat {
  const shown = target ?? entry;
  const timeMs = timeMsOf(shown);
  return {
    type: fileTypeOf(entry, target),
    size: shown.size,
    ctime: timeMs,
    mtime: timeMs,
    permissions: vscode.FilePermission.Readonly,
  };
}

function readOnly(uri: vscode.Uri): vscode.FileSystemError {
  return toFileSystemError(new EngineError('read-only', uri.path, 'it belongs to an image'), uri);
}

function openUrisOf(ids: ReadonlySet<string>): vscode.Uri[] {
  return vscode.workspace.textDocuments
    .map(({ uri }) => uri)
    .filter((uri) => uri.scheme === rootfsScheme && ids.has(imageIdOf(uri) ?? ''));
}
