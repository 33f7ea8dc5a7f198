import * as vscode from 'vscode';
import {
  type Disposable,
  type FileNews,
  isEngineError,
  type LayerPath,
  parentPath,
  rootPath,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { logFailure } from '../failures.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { toSafeText } from '../safePath.ts';
import { containerOfFile, containerScheme, parseContainerFileUri } from '../uri.ts';

/** What happened to files of one container. */
export interface ContainerNews {
  readonly container: OpenedContainer;
  readonly news: readonly FileNews[];
}

interface Use {
  readonly container: OpenedContainer;
  readonly hearing: Disposable;
}

/** A container with a file that is open; other processes are watched as long. */
interface Hold {
  count: number;
  readonly look: Disposable;
  watched?: { readonly container: OpenedContainer; readonly watching: Disposable };
}

/**
 * The containers whose files VS Code asks for. Tells it what becomes of them: of what is done in this window always, and of
 * what other processes do while a file of the container is open. So nothing is watched for nothing.
 */
export class ContainersInUse implements Disposable {
  readonly #context: EditorContext;
  readonly #uses = new Map<string, Use>();
  readonly #holds = new Map<string, Hold>();
  readonly #documents = new Map<string, Disposable>();
  /** How the URIs of a container begin: one may have been made before it was renamed. */
  readonly #authorities = new Map<string, Set<string>>();
  readonly #told = new vscode.EventEmitter<ContainerNews>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #subscriptions: readonly Disposable[];

  readonly onDidChangeFile = this.#changed.event;
  readonly onDidTell = this.#told.event;

  constructor(context: EditorContext) {
    this.#context = context;
    this.#subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.#opened(document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#closed(document);
      }),
      context.containers.onDidChange((id) => {
        if (id === undefined) void this.#checkAll();
      }),
    ];
    for (const document of vscode.workspace.textDocuments) this.#opened(document);
  }

  /** The container of a URI, heard from now on. @throws EngineError as `OpenedContainers.byId`. */
  async containerOf(uri: vscode.Uri): Promise<{ container: OpenedContainer; path: LayerPath }> {
    const { containerId, path } = parseContainerFileUri(uri);
    const container = await this.#context.containers.byId(containerId);
    this.#use(container, uri.authority);
    return { container, path };
  }

  /** Other processes are watched until it is disposed of. */
  hold(id: string): Disposable {
    const hold = this.#holds.get(id) ?? { count: 0, look: this.#context.containers.look() };
    hold.count++;
    this.#holds.set(id, hold);
    if (hold.count === 1) void this.#check(id);
    let isHeld = true;
    return {
      dispose: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--hold.count === 0) this.#release(id, hold);
      },
    };
  }

  /** Every URI of a path of the container that VS Code may know. */
  urisOf(id: string, path: LayerPath): readonly vscode.Uri[] {
    return [...(this.#authorities.get(id) ?? [])].map((authority) =>
      vscode.Uri.from({ scheme: containerScheme, authority, path: toSafeText(path) }),
    );
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
    for (const [id, hold] of this.#holds) this.#release(id, hold);
    for (const { hearing } of this.#uses.values()) hearing.dispose();
    this.#changed.dispose();
    this.#told.dispose();
  }

  #use(container: OpenedContainer, authority: string): void {
    const { id, files } = container;
    this.#authorities.set(id, (this.#authorities.get(id) ?? new Set()).add(authority));
    const known = this.#uses.get(id);
    if (known?.container === container) return;
    known?.hearing.dispose();
    const hearing = files.onDidChange((news) => {
      this.#hear(container, news);
    });
    this.#uses.set(id, { container, hearing });
  }

  #hear(container: OpenedContainer, news: readonly FileNews[]): void {
    this.#told.fire({ container, news });
    const events = news.flatMap(({ kind, path }) =>
      this.urisOf(container.id, path).map((uri) => ({ type: eventTypes[kind], uri })),
    );
    this.#changed.fire([...events, ...this.#indirect(container, news)]);
  }

  /**
   * What is open and may be another now though the news does not name it: links lead to what it names, files have further
   * names, it came with its folder, and an engine says only that something changed. VS Code looks whether they are others.
   */
  #indirect({ id }: OpenedContainer, news: readonly FileNews[]): vscode.FileChangeEvent[] {
    const kinds = new Map(news.map(({ kind, path }) => [path, kind]));
    return vscode.workspace.textDocuments
      .map(({ uri }) => uri)
      .filter((uri) => containerOfFile(uri) === id)
      .flatMap((uri) => {
        const { path } = parseContainerFileUri(uri);
        const kind = kinds.has(path) ? 'deleted' : (kindAbove(path, kinds) ?? 'changed');
        return kind === 'deleted' ? [] : [{ type: eventTypes[kind], uri }];
      });
  }

  #opened({ uri }: vscode.TextDocument): void {
    const id = containerOfFile(uri);
    if (id !== undefined && !this.#documents.has(uri.toString()))
      this.#documents.set(uri.toString(), this.hold(id));
  }

  #closed({ uri }: vscode.TextDocument): void {
    this.#documents.get(uri.toString())?.dispose();
    this.#documents.delete(uri.toString());
  }

  #release(id: string, { look, watched }: Hold): void {
    this.#holds.delete(id);
    watched?.watching.dispose();
    look.dispose();
  }

  async #checkAll(): Promise<void> {
    await Promise.all([...this.#holds.keys()].map((id) => this.#check(id)));
  }

  /** Watches what is held; of a container that is gone, all files are. */
  async #check(id: string): Promise<void> {
    try {
      const container = await this.#context.containers.byId(id);
      const hold = this.#holds.get(id);
      if (hold === undefined || hold.watched?.container === container) return;
      hold.watched?.watching.dispose();
      hold.watched = { container, watching: container.files.watch() };
    } catch (error) {
      if (isEngineError(error, 'not-found')) this.#gone(id);
      else logFailure(error, this.#context.log);
    }
  }

  #gone(id: string): void {
    this.#uses.get(id)?.hearing.dispose();
    this.#uses.delete(id);
    const uris = this.urisOf(id, rootPath);
    this.#changed.fire(uris.map((uri) => ({ type: vscode.FileChangeType.Deleted, uri })));
  }
}

const eventTypes: Record<FileNews['kind'], vscode.FileChangeType> = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

/** Whether a path came or went with a folder that it is in; VS Code sees by itself what went. */
function kindAbove(
  path: LayerPath,
  kinds: ReadonlyMap<LayerPath, FileNews['kind']>,
): 'created' | 'deleted' | undefined {
  if (path === rootPath) return undefined;
  const folder = parentPath(path);
  const kind = kinds.get(folder);
  return kind === 'created' || kind === 'deleted' ? kind : kindAbove(folder, kinds);
}
