import type { CallOptions } from '../../base/progress.ts';
import type { ContextView, SelectedFile } from '../cache/contextView.ts';
import type { ContentSelection } from '../cache/vertex.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import type { BuildContext } from './buildContext.ts';
import type { ContextDirectory } from './contextFile.ts';
import type { ContextStore } from './contextStore.ts';
import { localContextView } from './localContextView.ts';
import type { ContextRequest } from './contextRequest.ts';
import { asCounted, uploadOf } from './uploads.ts';

/** One context that a thread keeps. */
export class OpenContext {
  readonly request: ContextRequest;
  readonly context: BuildContext;
  readonly #store: ContextStore;
  #turn: Promise<unknown> = Promise.resolve();
  #saved: ContextDirectory;
  /** Of the last question for files, which are asked for some at a time. */
  #files: { readonly id: string; readonly all: readonly SelectedFile[] } | undefined;

  constructor(request: ContextRequest, context: BuildContext, store: ContextStore) {
    this.request = request;
    this.context = context;
    this.#store = store;
    this.#saved = context.root;
  }

  /** One after another: a look in between would change the tree. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async view(lastUpload: string | undefined): Promise<ContextView> {
    return localContextView(this.context, await this.#upload(lastUpload), (name) =>
      this.#store.readUpload(name),
    );
  }

  /** @param isMore whether they were asked for just now. */
  async files(
    selection: ContentSelection,
    isMore: boolean,
    options: CallOptions,
  ): Promise<readonly SelectedFile[]> {
    if (!isMore || this.#files?.id !== selection.id) {
      const view = await this.view(undefined);
      this.#files = { id: selection.id, all: await view.files(selection, options) };
    }
    return this.#files.all;
  }

  async keep(
    name: string,
    sources: readonly ContentSource[],
    lastUpload: string | undefined,
    options: CallOptions,
  ): Promise<void> {
    await this.context.reach(sources, options);
    const counted = asCounted(this.context.root, await this.#upload(lastUpload));
    await this.#store.writeUpload(name, uploadOf(counted, sources));
  }

  /** Writes the record, when anything is to be remembered that was not. */
  async save(): Promise<void> {
    const { root } = this.context;
    if (root === this.#saved) return;
    this.#saved = root;
    await this.#store.writeRecord(this.request, root);
  }

  async #upload(name: string | undefined): Promise<ContextDirectory | undefined> {
    return name === undefined ? undefined : this.#store.readUpload(name);
  }
}
