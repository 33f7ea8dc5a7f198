import { throwIfAborted } from '../base/abort.ts';
import type { ByteRange } from '../base/byteRange.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import { type Disposable, type Event, EventEmitter } from '../base/event.ts';
import { type LayerPath, rootPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { blame, type Touch } from '../compare/blame.ts';
import { type FindMatch, findFiles } from '../rootfs/findFiles.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { Container, ContainerBase } from '../snapshots/container.ts';
import type { ContainerChange } from '../snapshots/containerDiff.ts';
import type { ContainerEntry } from '../snapshots/containerEntry.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import type { ContainerView } from '../snapshots/containerView.ts';
import type { ContentSource } from '../snapshots/contents.ts';
import type { Piece } from '../snapshots/inode.ts';
import type { UpperLayer } from '../snapshots/upperLayer.ts';
import type { Image } from '../sources/image.ts';
import type { CopiedUp, FileNews } from './containerFiles.ts';
import { newsOf } from './fileNews.ts';
import { haveSameBytes } from './haveSameBytes.ts';
import type { StoreContainerFiles } from './storeContainers.ts';

/** The files of a container of the store. Each call first takes up what other processes changed. */
export class StoredFiles implements StoreContainerFiles {
  /** As it was last called. */
  config: ContainerConfig;
  readonly image: Image;
  readonly container: Container;
  readonly #watch: (onChange: () => void) => Disposable;
  readonly #changed = new EventEmitter<readonly FileNews[]>();
  #layered: { readonly view: ContainerView; readonly base: ContainerBase } | undefined;

  readonly onDidChange: Event<readonly FileNews[]> = this.#changed.event;

  /** @param watch tells when another process may have changed the container. */
  constructor(container: Container, image: Image, watch: (onChange: () => void) => Disposable) {
    this.config = container.config;
    this.image = image;
    this.container = container;
    this.#watch = watch;
    container.onDidChange((step) => {
      const news = newsOf(step);
      if (news.length > 0) this.#changed.fire(news);
    });
  }

  get view(): ContainerView {
    return this.container.view;
  }

  refresh(): Promise<boolean> {
    return this.container.refresh();
  }

  async lookup(path: LayerPath, options?: CallOptions): Promise<ContainerEntry | undefined> {
    return (await this.#current(options)).lookup(path);
  }

  async resolve(path: LayerPath, options?: CallOptions): Promise<ContainerEntry | undefined> {
    return (await this.#current(options)).resolve(path);
  }

  async list(directory: LayerPath, options?: CallOptions): Promise<readonly ContainerEntry[]> {
    return (await this.#current(options)).list(directory);
  }

  async *read(path: LayerPath, range?: ByteRange, options?: CallOptions): AsyncGenerator<Uint8Array> {
    let isBegun = false;
    try {
      for await (const bytes of this.container.read(await this.#file(path, options), range, options)) {
        isBegun = true;
        yield bytes;
      }
    } catch (error) {
      if (isBegun || !isEngineError(error, 'changed')) throw error;
      yield* this.container.read(await this.#file(path, options), range, options);
    }
  }

  async readFile(path: LayerPath, limit: number, options?: CallOptions): Promise<Uint8Array> {
    const { size } = await this.#file(path, options);
    if (size > limit)
      throw new EngineError('too-large', toText(path), `${size} bytes are more than ${limit}`);
    const pieces: Uint8Array[] = [];
    for await (const bytes of this.read(path, undefined, options)) pieces.push(bytes);
    return Buffer.concat(pieces);
  }

  async writeFile(
    path: LayerPath,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<CopiedUp | undefined> {
    const origin = await this.container.writeFile(path, content, undefined, options?.signal);
    return origin && { layer: origin.contentLayer, size: origin.size };
  }

  mkdir(path: LayerPath, options?: CallOptions): Promise<void> {
    return this.change((upper) => {
      throwIfAborted(options?.signal, path);
      upper.mkdir(path);
    });
  }

  remove(path: LayerPath, options?: CallOptions): Promise<void> {
    return this.change((upper) => {
      throwIfAborted(options?.signal, path);
      upper.removeAll(path);
    });
  }

  rename(
    path: LayerPath,
    to: LayerPath,
    options?: CallOptions & { readonly replaces?: boolean },
  ): Promise<void> {
    return this.change((upper) => {
      throwIfAborted(options?.signal, path);
      upper.move(path, to, options?.replaces === true ? 'replace' : 'keep');
    });
  }

  setMode(path: LayerPath, mode: number, options?: CallOptions): Promise<void> {
    return this.change((upper) => {
      throwIfAborted(options?.signal, path);
      upper.chmod(path, mode);
    });
  }

  setOwner(path: LayerPath, uid: number, gid: number, options?: CallOptions): Promise<void> {
    return this.change((upper) => {
      throwIfAborted(options?.signal, path);
      upper.chown(path, uid, gid);
    });
  }

  /** Made once for each state. */
  async tree(): Promise<ContainerBase> {
    const view = await this.#current();
    if (this.#layered?.view !== view) this.#layered = { view, base: this.container.layered() };
    return this.#layered.base;
  }

  write(source: ContentSource, options?: CallOptions): Promise<readonly Piece[]> {
    return this.container.write(source, options?.signal);
  }

  discard(content: readonly Piece[]): Promise<void> {
    return this.container.discard(content);
  }

  change<T>(work: (upper: UpperLayer) => T): Promise<T> {
    return this.container.change(work);
  }

  revert(paths: readonly LayerPath[]): Promise<void> {
    return this.change((upper) => {
      for (const path of paths) upper.revert(path);
    });
  }

  async changes(options?: CallOptions): Promise<readonly ContainerChange[]> {
    await this.#current(options);
    return this.container.diff(options);
  }

  async blame(path: LayerPath, options?: CallOptions): Promise<readonly Touch[]> {
    const tree = await this.tree();
    return blame(tree.view.layers, path, (before, after) => {
      const whole = (entry: RootfsEntry): AsyncIterable<Uint8Array> =>
        tree.read(entry, { start: 0, end: entry.size }, options);
      return haveSameBytes(whole(before), whole(after));
    });
  }

  async *find(
    pattern: string,
    options: CallOptions & { readonly allLayers?: boolean; readonly limit?: number } = {},
  ): AsyncGenerator<FindMatch> {
    const { layers } = (await this.tree()).view;
    yield* findFiles({ layers, pattern, ...options }, options.signal);
  }

  watch(): Disposable {
    return this.#watch(() => {
      this.refresh().catch((error: unknown) => {
        if (isEngineError(error, 'not-found')) this.#changed.fire([{ kind: 'deleted', path: rootPath }]);
      });
    });
  }

  async #current(options?: CallOptions): Promise<ContainerView> {
    throwIfAborted(options?.signal, this.config.name);
    await this.refresh();
    return this.view;
  }

  async #file(path: LayerPath, options?: CallOptions): Promise<ContainerEntry> {
    const entry = await this.resolve(path, options);
    if (entry === undefined)
      throw new EngineError('not-found', toText(path), 'there is nothing at this path');
    return entry;
  }
}
