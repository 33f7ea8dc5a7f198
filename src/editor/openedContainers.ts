import * as vscode from 'vscode';
import {
  type ContainerFiles,
  type ContainerList,
  type Disposable,
  type EngineContainerFiles,
  EngineError,
  isEngineError,
  type StoreContainerFiles,
  type StoreContainers,
} from '../engine/index.ts';
import { findEngineContainer } from './findEngineContainer.ts';
import type { KnownEngine } from './knownEngine.ts';
import type { KnownEngines } from './knownEngines.ts';
import { isReadable, type OpenedImage, type OpenedImages } from './openedImages.ts';

/** A container with where it is kept: what commands need. One object for all, as long as the container is there. */
export interface OpenedContainer {
  readonly id: string;
  readonly name: string;
  readonly files: ContainerFiles;
  readonly place:
    | { readonly kind: 'store'; readonly files: StoreContainerFiles }
    | { readonly kind: 'engine'; readonly engine: KnownEngine; readonly files: EngineContainerFiles };
  /** Its image as the other features know it: its files without what the container changed. Undefined when it is gone. */
  image(): Promise<OpenedImage | undefined>;
}

/** Who keeps containers. */
export interface ContainerKeepers {
  readonly stored: () => StoreContainers;
  readonly engines: KnownEngines;
  readonly filesIn: (engine: KnownEngine, id: string) => EngineContainerFiles;
}

/**
 * The containers that are shown and whose files are open, of the store and of engines: what URIs are looked up in.
 * Nothing is read or listened to before somebody asks, and other processes are heard only while somebody looks.
 */
export class OpenedContainers implements Disposable {
  readonly #keepers: ContainerKeepers;
  readonly #images: OpenedImages;
  readonly #memory: vscode.Memento;
  readonly #opened = new Map<string, Promise<OpenedContainer>>();
  readonly #names = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<string | undefined>();
  readonly #hearing = new Map<string, Disposable>();
  #list: Promise<ContainerList> | undefined;
  #lookers = 0;
  #watching: Disposable | undefined;
  #store: StoreContainers | undefined;
  #storeHearing: Disposable | undefined;

  /**
   * Undefined when containers were made, renamed or removed; an ID when that container's files were changed, by anyone.
   * Of other processes only while somebody looks.
   */
  readonly onDidChange = this.#changed.event;

  constructor(keepers: ContainerKeepers, images: OpenedImages, memory: vscode.Memento) {
    this.#keepers = keepers;
    this.#images = images;
    this.#memory = memory;
  }

  /**
   * The container a URI names. One of an engine is looked for in the engines that may be asked.
   *
   * @throws EngineError `not-found`; `refused` where its engine is not connected; `unreachable`.
   */
  byId(id: string): Promise<OpenedContainer> {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const opening = isOfEngine(id) ? this.#openOfEngine(id) : this.#openStored(id);
    this.#opened.set(id, opening);
    opening.catch(() => {
      if (this.#opened.get(id) === opening) this.#opened.delete(id);
    });
    return opening;
  }

  /** The store's containers, oldest first. The disk is asked the first time, and whenever nobody looks. */
  stored(): Promise<ContainerList> {
    if (this.#list !== undefined && this.#lookers > 0) return this.#list;
    const list = this.#stored().list();
    this.#list = list;
    list.then(
      ({ containers }) => {
        for (const { id, name } of containers) this.#names.set(id, name);
      },
      () => {
        if (this.#list === list) this.#list = undefined;
      },
    );
    return list;
  }

  /** Held while something shows containers: a visible view, an open file. Disposing twice is disposing once. */
  look(): Disposable {
    this.#lookers++;
    if (this.#lookers === 1) this.#watch();
    let isLooking = true;
    return {
      dispose: () => {
        if (!isLooking) return;
        isLooking = false;
        this.#lookers--;
        if (this.#lookers === 0) this.#unwatch();
      },
    };
  }

  /** The engine of layers was made anew, and with it all that it gave. */
  reconnect(): void {
    this.#unwatch();
    for (const each of this.#hearing.values()) each.dispose();
    this.#hearing.clear();
    this.#storeHearing?.dispose();
    this.#store = undefined;
    this.#list = undefined;
    this.#opened.clear();
    if (this.#lookers > 0) this.#watch();
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#unwatch();
    this.#storeHearing?.dispose();
    for (const each of this.#hearing.values()) each.dispose();
    this.#changed.dispose();
  }

  #stored(): StoreContainers {
    if (this.#store !== undefined) return this.#store;
    const store = this.#keepers.stored();
    this.#store = store;
    this.#storeHearing = store.onDidChange((id) => {
      if (id === undefined) void this.#listAgain();
      else this.#changed.fire(id);
    });
    return store;
  }

  /** Takes the names anew, and forgets containers that are gone. */
  async #listAgain(): Promise<void> {
    this.#list = undefined;
    const list = await this.stored().catch(() => undefined);
    const ids = new Set(list?.containers.map(({ id }) => id));
    if (list !== undefined)
      for (const id of this.#opened.keys()) if (!isOfEngine(id) && !ids.has(id)) this.#opened.delete(id);
    this.#changed.fire(undefined);
  }

  #watch(): void {
    this.#watching = this.#stored().watch();
    this.#list = undefined;
  }

  #unwatch(): void {
    this.#watching?.dispose();
    this.#watching = undefined;
  }

  async #openStored(id: string): Promise<OpenedContainer> {
    const store = this.#stored();
    const files = await store.open(id);
    this.#names.set(id, this.#names.get(id) ?? files.config.name);
    const names = this.#names;
    return {
      id,
      get name() {
        return names.get(id) ?? files.config.name;
      },
      files,
      place: { kind: 'store', files },
      image: () => this.#imageOfStored(store, files),
    };
  }

  async #imageOfStored(
    store: StoreContainers,
    { config }: StoreContainerFiles,
  ): Promise<OpenedImage | undefined> {
    const opened = await unlessGone(store.image(config));
    if (opened !== undefined) await this.#images.keep(opened);
    return opened;
  }

  async #openOfEngine(id: string): Promise<OpenedContainer> {
    const { engine, name } = await findEngineContainer(this.#keepers.engines, this.#memory, id);
    const files = this.#keepers.filesIn(engine, id);
    this.#hearing.get(id)?.dispose();
    this.#hearing.set(
      id,
      files.onDidChange(() => {
        this.#changed.fire(id);
      }),
    );
    return {
      id,
      get name() {
        return engine.lists.container(id)?.names[0] ?? name;
      },
      files,
      place: { kind: 'engine', engine, files },
      image: () => this.#imageInEngine(engine, files),
    };
  }

  async #imageInEngine(engine: KnownEngine, files: EngineContainerFiles): Promise<OpenedImage | undefined> {
    const image = await files.image();
    if (image === undefined) return undefined;
    const known = this.#images.peek(image.id);
    if (known !== undefined) return known;
    const { imageId } = await engine.client.inspectContainer(files.id);
    const variants = await unlessGone(this.#images.inEngine(engine, imageId));
    return variants?.filter(isReadable).find((each) => each.image.id === image.id);
  }
}

/** Whether it is the ID of an engine's container, and not of one of the store. */
function isOfEngine(id: string): boolean {
  return id.length === 64;
}

async function unlessGone<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof EngineError && isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}
