import * as vscode from 'vscode';
import type { EditorContext } from './context.ts';
import { toFileSystemError } from './failures.ts';
import type { OpenedImage } from './openedImages.ts';
import {
  type ContainerDocumentKind,
  type DocumentKind,
  documentScheme,
  parseBuildCacheUri,
  parseContainerUri,
  parseDocumentUri,
} from './uri.ts';

/** Makes the text of one kind of document; `layer` where the document speaks of one, `others` where it is about several images. */
export type RenderDocument = (
  opened: OpenedImage,
  layer: number | undefined,
  others: readonly OpenedImage[],
) => Promise<string>;

/** Makes the text about a container from its ID, or the beginning of it where an engine gives the text. */
export type RenderContainer = (id: string) => Promise<string>;

/** Makes the texts about Dockerfiles, from their paths, and tells when one became another. */
export interface DockerfileDocuments {
  readonly render: (dockerfile: string) => Promise<string>;
  readonly onDidChange: vscode.Event<vscode.Uri>;
}

interface Rendered {
  readonly bytes: Uint8Array;
  readonly madeMs: number;
}

const mostKept = 32;
/** VS Code asks for size and bytes one after the other; they are to be of the same answer. */
const containerFreshMs = 2000;

/**
 * Texts made from images, as read-only files, so that they can be searched, copied, compared and saved like any file,
 * and their tabs come back after a restart.
 */
class DocumentFileSystem implements vscode.FileSystemProvider {
  readonly #context: EditorContext;
  readonly #renderers: Readonly<Record<DocumentKind, RenderDocument>>;
  readonly #containerRenderers: Readonly<Record<ContainerDocumentKind, RenderContainer>>;
  readonly #dockerfiles: DockerfileDocuments;
  readonly #kept = new Map<string, Promise<Rendered>>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(
    context: EditorContext,
    renderers: Readonly<Record<DocumentKind, RenderDocument>>,
    containerRenderers: Readonly<Record<ContainerDocumentKind, RenderContainer>>,
    dockerfiles: DockerfileDocuments,
  ) {
    this.#dockerfiles = dockerfiles;
    this.#containerRenderers = containerRenderers;
    this.#context = context;
    this.#renderers = renderers;
    context.subscriptions.push(
      this.#changed,
      context.images.onDidReload((ids) => {
        this.#forget((uri) => ids.has(uri.authority));
      }),
      context.containers.onDidChange((id) => {
        this.#forget((uri) => isOfContainer(uri, id));
      }),
      dockerfiles.onDidChange(({ fsPath }) => {
        this.#forget((uri) => parseBuildCacheUri(uri) === fsPath);
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

  /** What a container changed is told while it is open. */
  watch(uri: vscode.Uri): vscode.Disposable {
    const looking = parseContainerUri(uri)?.kind === 'changes' ? this.#context.containers.look() : undefined;
    return new vscode.Disposable(() => looking?.dispose());
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
    const kept = this.#kept.get(key);
    const known = kept === undefined || (await isStale(uri, kept)) ? this.#render(uri) : kept;
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
    return { bytes: new TextEncoder().encode(await this.#text(uri)), madeMs: Date.now() };
  }

  async #text(uri: vscode.Uri): Promise<string> {
    const dockerfile = parseBuildCacheUri(uri);
    if (dockerfile !== undefined) return this.#dockerfiles.render(dockerfile);
    const place = parseContainerUri(uri);
    if (place === undefined) return this.#renderImage(uri);
    return this.#containerRenderers[place.kind](place.containerId);
  }

  async #renderImage(uri: vscode.Uri): Promise<string> {
    const { imageId, kind, layer, others } = parseDocumentUri(uri);
    const [opened, ...more] = await Promise.all(
      [imageId, ...others].map((id) => this.#context.images.byId(id)),
    );
    if (opened === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return this.#renderers[kind](opened, layer, more);
  }

  #forget(isStale: (uri: vscode.Uri) => boolean): void {
    const stale = [...this.#kept.keys()].map((key) => vscode.Uri.parse(key)).filter(isStale);
    for (const uri of stale) this.#kept.delete(uri.toString());
    this.#changed.fire(stale.map((uri) => ({ type: vscode.FileChangeType.Changed, uri })));
  }
}

/** An image stays what it is; what a container is doing is asked again when its text is opened again. */
async function isStale(uri: vscode.Uri, kept: Promise<Rendered>): Promise<boolean> {
  if (parseContainerUri(uri) === undefined) return false;
  const { madeMs } = await kept.catch(() => ({ madeMs: 0 }));
  return Date.now() - madeMs > containerFreshMs;
}

/** Whether it is what a container changed, as that or any container became another. */
function isOfContainer(uri: vscode.Uri, changed: string | undefined): boolean {
  const place = parseContainerUri(uri);
  return place?.kind === 'changes' && (changed === undefined || place.containerId === changed);
}

export function registerDocuments(
  context: EditorContext,
  renderers: Readonly<Record<DocumentKind, RenderDocument>>,
  containerRenderers: Readonly<Record<ContainerDocumentKind, RenderContainer>>,
  dockerfiles: DockerfileDocuments,
): void {
  const isReadonly = new vscode.MarkdownString(
    vscode.l10n.t('This text is made from the image or container and cannot be edited.'),
  );
  context.subscriptions.push(
    vscode.workspace.registerFileSystemProvider(
      documentScheme,
      new DocumentFileSystem(context, renderers, containerRenderers, dockerfiles),
      {
        isCaseSensitive: true,
        isReadonly,
      },
    ),
  );
}
