import { type Disposable, type Event, EventEmitter } from '../base/event.ts';
import { InFlight } from '../base/inFlight.ts';
import type { CallOptions } from '../base/progress.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { createUnionView } from '../rootfs/unionView.ts';
import type { CommitRequest, CommittedImage } from '../snapshots/commitContainer.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import { ContainerPlaces } from '../snapshots/containerPlaces.ts';
import type { PackContainer } from '../snapshots/packContainer.ts';
import { type ContainerList, type CreateRequest, Snapshotter } from '../snapshots/snapshotter.ts';
import type { Image } from '../sources/image.ts';
import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';
import { watchDirectory } from '../store/watchDirectory.ts';
import type { ImageStore } from '../transfer/imageStore.ts';
import { findImage } from './containerImage.ts';
import type { ContainerImage, StoreContainerFiles, StoreContainers } from './storeContainers.ts';
import { StoredFiles } from './storedFiles.ts';
import { watchContainers } from './watchContainers.ts';

/** What the engine knows of images. */
export interface ImageAccess {
  image(source: ImageSource, entry: ImageEntry, variant: ImageVariant, options?: CallOptions): Promise<Image>;
  /** The indexes of its layers, lowest first; waits for them. */
  layers(image: Image, options?: CallOptions): Promise<readonly LayerIndex[]>;
  /** The bytes of one of its files. */
  read(image: Image, ...file: Parameters<ContainerBase['read']>): AsyncIterable<Uint8Array>;
}

/** Packs a container of an image beside the calling thread. */
export type PackBeside = (image: Image, ...what: Parameters<PackContainer>) => ReturnType<PackContainer>;

/** The `StoreContainers` of the engine's contract. Nothing is read or made before the first call. */
export class StoredContainers implements StoreContainers {
  readonly #store: ImageStore;
  readonly #images: ImageAccess;
  readonly #pack: PackBeside | undefined;
  readonly #opened = new Map<string, StoredFiles>();
  readonly #opening = new InFlight<StoredFiles>();
  readonly #changed = new EventEmitter<string | undefined>();

  readonly onDidChange: Event<string | undefined> = this.#changed.event;

  /** @param pack on the calling thread when left out. */
  constructor(store: ImageStore, images: ImageAccess, pack?: PackBeside) {
    this.#store = store;
    this.#images = images;
    this.#pack = pack;
  }

  async list(): Promise<ContainerList> {
    return (await this.#snapshotter()).list();
  }

  async find(text: string): Promise<ContainerConfig> {
    return (await this.#snapshotter()).find(text);
  }

  async create(request: CreateRequest): Promise<ContainerConfig> {
    const config = await (await this.#snapshotter()).create(request);
    this.#changed.fire(undefined);
    return config;
  }

  async rename(id: string, name: string): Promise<ContainerConfig> {
    const config = await (await this.#snapshotter()).rename(id, name);
    const opened = this.#opened.get(id);
    if (opened !== undefined) opened.config = config;
    this.#changed.fire(undefined);
    return config;
  }

  async remove(id: string): Promise<void> {
    await (await this.#snapshotter()).remove(id);
    this.#opened.delete(id);
    this.#changed.fire(undefined);
  }

  async image({ image: { manifest } }: ContainerConfig, options?: CallOptions): Promise<ContainerImage> {
    const source = await this.#store.source();
    const { entry, variant } = await findImage(source, manifest, options);
    return { source, entry, variant, image: await this.#images.image(source, entry, variant, options) };
  }

  open(id: string, options?: CallOptions): Promise<StoreContainerFiles> {
    return this.#open(id, options);
  }

  async commit(id: string, request: CommitRequest, options?: CallOptions): Promise<CommittedImage> {
    const { container, image } = await this.#open(id, options);
    await container.refresh();
    const pack = this.#pack;
    const how =
      pack === undefined ? {} : { pack: (...what: Parameters<PackContainer>) => pack(image, ...what) };
    return this.#store.change((store) =>
      new Snapshotter(store).commit(container, request, { ...options, ...how }),
    );
  }

  watch(): Disposable {
    return watchContainers(this.#store.opened(), (id) => {
      this.#changed.fire(id);
    });
  }

  /** A container that is gone is not remembered. */
  async #open(id: string, options?: CallOptions): Promise<StoredFiles> {
    const known = this.#opened.get(id);
    if (known === undefined)
      return this.#opening.run(id, async (call) => this.#remember(await this.#read(id, call)), options);
    try {
      await known.refresh();
      return known;
    } catch (error) {
      this.#opened.delete(id);
      throw error;
    }
  }

  #remember(files: StoredFiles): StoredFiles {
    const { id } = files.config;
    this.#opened.set(id, files);
    files.container.onDidChange(() => {
      this.#changed.fire(id);
    });
    return files;
  }

  async #read(id: string, options?: CallOptions): Promise<StoredFiles> {
    const store = await this.#store.opened();
    const snapshotter = new Snapshotter(store);
    const config = await snapshotter.find(id);
    const { image } = await this.image(config, options);
    const view = createUnionView(await this.#images.layers(image, options));
    const read: ContainerBase['read'] = (...file) => this.#images.read(image, ...file);
    const container = await snapshotter.open(config, { view, read });
    const { container: directory } = new ContainerPlaces(store.places.directory, config.id);
    return new StoredFiles(container, image, (onChange) => watchDirectory(directory, isJournal, onChange));
  }

  async #snapshotter(): Promise<Snapshotter> {
    return new Snapshotter(await this.#store.opened());
  }
}

/** Whose change is one of the container. */
function isJournal(name: string): boolean {
  return name === 'journal';
}
