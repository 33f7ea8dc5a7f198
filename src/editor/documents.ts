import * as vscode from 'vscode';
import type { EditorContext } from './context.ts';
import { toFileSystemError } from './failures.ts';
import type { OpenedImage } from './openedImages.ts';
import { type DocumentKind, documentScheme, parseDocumentUri } from './uri.ts';

/** Makes the text of one kind of document; `layer` where the document speaks of one, `others` where it is about several images. */
export type RenderDocument = (
  opened: OpenedImage,
  layer: number | undefined,
  others: readonly OpenedImage[],
) => Promise<string>;

interface Rendered {
  readonly bytes: Uint8Array;
  readonly madeMs: number;
}

const mostKept = 32;

/**
 * Texts made from images, as read-only files, so that they can be searched, copied, compared and saved like any file,
 * and their tabs come back after a restart.
 */
class DocumentFileSystem implements vscode.FileSystemProvider {
  readonly #context: EditorContext;
  readonly #renderers: Readonly<Record<DocumentKind, RenderDocument>>;
  readonly #kept = new Map<string, Promise<Rendered>>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(context: EditorContext, renderers: Readonly<Record<DocumentKind, RenderDocument>>) {
    this.#context = context;
    this.#renderers = renderers;
    context.subscriptions.push(
      this.#changed,
      context.images.onDidReload((ids) => {
        this.#forget(ids);
      }),
    );
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, madeMs } = await this.#rendered(uri);
    return {
      type: vscode.FileType.File,
      size: bytes.length,
      ctime: madeMs,
      mtime: madeMs,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.#rendered(uri)).bytes;
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  async #rendered(uri: vscode.Uri): Promise<Rendered> {
    const key = uri.toString();
    const known = this.#kept.get(key) ?? this.#render(uri);
    this.#kept.delete(key);
    this.#kept.set(key, known);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
    try {
      return await known;
    } catch (error) {
      this.#kept.delete(key);
      throw toFileSystemError(error, uri);
    }
  }

  async #render(uri: vscode.Uri): Promise<Rendered> {
    const { imageId, kind, layer, others } = parseDocumentUri(uri);
    const [opened, ...more] = await Promise.all(
      [imageId, ...others].map((id) => this.#context.images.byId(id)),
    );
    if (opened === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    const text = await this.#renderers[kind](opened, layer, more);
    return { bytes: new TextEncoder().encode(text), madeMs: Date.now() };
  }

  #forget(ids: ReadonlySet<string>): void {
    const stale = [...this.#kept.keys()]
      .map((key) => vscode.Uri.parse(key))
      .filter((uri) => ids.has(uri.authority));
    for (const uri of stale) this.#kept.delete(uri.toString());
    this.#changed.fire(stale.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }
}

export function registerDocuments(
  context: EditorContext,
  renderers: Readonly<Record<DocumentKind, RenderDocument>>,
): void {
  const isReadonly = new vscode.MarkdownString(
    vscode.l10n.t('This text is made from the image and cannot be edited.'),
  );
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider(documentScheme, new DocumentFileSystem(context, renderers), {
      isCaseSensitive: true,
      isReadonly,
    }),
  );
}
