import path from 'node:path';
import type {
  DiscoverOptions,
  Engine,
  EngineConnection,
  EngineLike,
  FindMatch,
  FindOptions,
  HistoryRow,
  InspectOptions,
  KnownLayer,
  LayerOptions,
  LayerRow,
  PushRequest,
  SharingOptions,
  SharingReport,
  Store,
  Touch,
  TransferOptions,
  TransferResult,
  ViewChange,
} from './engineContract.ts';
import type { ByteRange } from './base/byteRange.ts';
import { EngineError } from './base/errors.ts';
import type { Disposable } from './base/event.ts';
import type { LayerPath } from './base/layerPath.ts';
import type { Logger } from './base/log.ts';
import type { Problem } from './base/problem.ts';
import type { CallOptions } from './base/progress.ts';
import type { ContextWork } from './build/contextHash/contextWork.ts';
import { Ledger } from './build/ledger/ledger.ts';
import { remoteBase } from './builders/bases/remoteBase.ts';
import { EngineBuilds } from './builders/engineBuilds.ts';
import type { SentContextWork } from './builders/sentContexts/sentContextWork.ts';
import { ContainerEngines, discoverEngines } from './containerEngines.ts';
import { type Fetching, startFetching } from './fetching.ts';
import { ImageFiles } from './imageFiles.ts';
import { ImageLayers, isLeftOut, layerAt } from './imageLayers.ts';
import { engineSizesOf, sharingOfImages } from './imageSharing.ts';
import { knownLayersOf } from './knownLayers.ts';
import { layerRowsOf } from './layerRows.ts';
import { Registries, type RegistryOptions } from './registries.ts';
import { blame } from './compare/blame.ts';
import { compareViews } from './compare/compareViews.ts';
import { LayerChanges } from './compare/layerChanges.ts';
import { historyRows } from './compare/layerHistory.ts';
import { inspectImage } from './compare/inspectImage.ts';
import type { FarImageAccess } from './containers/imageOfContainer.ts';
import { type PackBeside, StoredContainers } from './containers/storedContainers.ts';
import type { LayerIndex } from './layers/layerIndex.ts';
import { LayerIndexes, type LayerState } from './layers/layerIndexes.ts';
import type { LayerWork } from './layers/layerWork.ts';
import { findFiles } from './rootfs/findFiles.ts';
import type { LayerChange, RootfsEntry, UnionView } from './rootfs/rootfs.ts';
import { createUnionView, type MergedView } from './rootfs/unionView.ts';
import type { ContainerWork } from './snapshots/containerWork.ts';
import { type Image, toImage } from './sources/image.ts';
import type { ImageEntry, ImageSource, ImageVariant } from './sources/imageSource.ts';
import type { Discovery } from './sources/dockerEngine/discoverEndpoints.ts';
import type { EngineRegistryAuth } from './sources/dockerEngine/engineApi.ts';
import type { EngineEndpoint } from './sources/dockerEngine/endpoint.ts';
import { ContentLayers } from './sources/contentStore/contentLayers.ts';
import { openSource } from './sources/index.ts';
import type { RegistryClient } from './sources/registry/registryClient.ts';
import { choosePlatform, formatPlatform, hostPlatform, type Platform } from './oci/platform.ts';
import { defaultStoreDirectory } from './store/defaultStoreDirectory.ts';
import { exportTree } from './transfer/exportTree.ts';
import { ImageStore } from './transfer/imageStore.ts';
import { verifyImage } from './verifyImage.ts';
import { vouchedDigestIn } from './vouchedFiles.ts';
import {
  startContainerWork,
  startContextWork,
  startSentContexts,
  startWork,
  type WorkPlace,
} from './startWork.ts';

export interface EngineOptions extends WorkPlace {
  readonly log: Logger;
  /** Where the store is; the user's own (see `defaultStoreDirectory`) when left out. */
  readonly storeDirectory?: string | undefined;
  readonly registries?: RegistryOptions | undefined;
  /** By which programs of builders are found, and which they are started with; the process' own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Makes an engine. Nothing is read, written or started before the first call that needs it. */
export function createEngine(options: EngineOptions): Engine {
  return new LayerEngine(options);
}

class LayerEngine implements Engine {
  readonly store: Store;
  readonly containers: Engine['containers'];
  readonly builds: Engine['builds'] & Disposable;
  readonly #directory: string;
  readonly #work: LayerWork;
  readonly #indexes: LayerIndexes;
  readonly #layers: ImageLayers;
  readonly #files: ImageFiles;
  readonly #engines: ContainerEngines;
  readonly #fetching: Fetching;
  readonly #containerWork: ContainerWork | undefined;
  readonly #contextWork: ContextWork;
  readonly #sentContexts: SentContextWork;
  readonly #registries: Registries;
  readonly #images = new Map<string, Image>();

  constructor({
    log,
    storeDirectory = defaultStoreDirectory(),
    registries,
    environment,
    ...where
  }: EngineOptions) {
    this.#directory = storeDirectory;
    const unpacked = path.join(storeDirectory, 'indexes', 'unpacked');
    this.#work = startWork(where, unpacked);
    this.#containerWork = startContainerWork(where, unpacked);
    this.#fetching = startFetching(where, storeDirectory);
    this.#indexes = new LayerIndexes({
      directory: path.join(storeDirectory, 'indexes', 'v1'),
      build: this.#work.buildIndex,
      log,
      vouchedDigest: vouchedDigestIn(path.join(storeDirectory, 'blobs'), this.#fetching.cache.directory),
    });
    this.#layers = new ImageLayers(this.#indexes);
    this.#files = new ImageFiles(this.#layers, this.#indexes, this.#work);
    this.#registries = new Registries({
      ...registries,
      log,
      fetching: this.#fetching,
      storeDirectory,
      copyBlob: this.#work.copyBlob,
    });
    const images: FarImageAccess = {
      image: (...which) => this.image(...which),
      layers: (image, options) => this.#layers.stack(image, image.layers.length - 1, options),
      read: (...file) => this.#files.read(...file),
      isAtHand: (image, layer) => this.#layers.isAtHand(image, layer),
    };
    this.#engines = new ContainerEngines({
      log,
      fetching: this.#fetching,
      copyBlob: this.#work.copyBlob,
      isIndexed: (diffId, identity) => this.#indexes.knows(diffId, identity),
      images,
      store: () => ({ images: this.store, containers: this.containers }),
      spoolDirectory: path.join(storeDirectory, 'tmp'),
    });
    this.#contextWork = startContextWork(where, path.join(storeDirectory, 'builds', 'contexts'));
    this.#sentContexts = startSentContexts(where);
    const content = new ContentLayers(this.#fetching);
    this.builds = new EngineBuilds({
      log,
      env: environment ?? process.env,
      ledger: new Ledger({ directory: path.join(storeDirectory, 'builds', 'v1') }),
      contexts: this.#contextWork,
      sentContexts: this.#sentContexts,
      connect: (endpoint) => this.#engines.connect(endpoint),
      remoteBase: async (...which) => remoteBase(await this.#imageOfRegistry(...which)),
      rooms: {
        imageIn: (...which) => this.#imageIn(...which),
        contentLayer: (request) => content.layer(request),
        rootfs: (...which) => this.rootfs(...which),
        allChanges: (...which) => this.allChanges(...which),
        hashFile: (...which) => this.hashFile(...which),
        readFile: (...which) => this.readFile(...which),
      },
    });
    const store = new ImageStore(storeDirectory, { copyBlob: this.#work.copyBlob });
    this.store = store;
    this.containers = new StoredContainers(store, images, this.#packer(storeDirectory));
  }

  get onDidChangeLayer(): Engine['onDidChangeLayer'] {
    return this.#layers.onDidChange;
  }

  open(location: string, options?: CallOptions): Promise<ImageSource> {
    return openSource(location, { ...options, spoolDirectory: path.join(this.#directory, 'tmp') });
  }

  async image(
    source: ImageSource,
    entry: ImageEntry,
    variant: ImageVariant,
    options?: CallOptions,
  ): Promise<Image> {
    const image = toImage(source, entry, variant, await source.resolve(entry, variant, options));
    // Always the newest: a name may have been added, or a missing blob have arrived, since it was last asked for.
    this.#images.set(image.id, image);
    return image;
  }

  layerIndex(image: Image, layer: number, options?: LayerOptions): Promise<LayerIndex> {
    return this.#layers.index(image, layer, options);
  }

  isLayerAtHand(image: Image, layer: number): Promise<boolean> {
    return this.#layers.isAtHand(image, layer);
  }

  layerState(image: Image, layer: number): LayerState {
    return this.#layers.state(image, layer);
  }

  async rootfs(image: Image, upTo = image.layers.length - 1, options?: LayerOptions): Promise<UnionView> {
    return createUnionView(await this.#layers.stack(image, upTo, options));
  }

  async changes(
    image: Image,
    layer: number,
    directory: LayerPath,
    options?: LayerOptions,
  ): Promise<readonly LayerChange[]> {
    const stack = await this.#layers.stack(image, layerAt(image, layer).position, options);
    const changes = new LayerChanges(createUnionView(stack)).in(directory);
    return stack.some(isLeftOut) ? changes.map((change) => ({ ...change, isUncertain: true })) : changes;
  }

  async changesSoFar(
    image: Image,
    layer: number,
    directory: LayerPath,
  ): Promise<readonly LayerChange[] | undefined> {
    const stack = await this.#layers.previewStack(image, layer);
    return stack && new LayerChanges(createUnionView(stack)).in(directory);
  }

  async allChanges(image: Image, layer: number, options?: LayerOptions): Promise<readonly LayerChange[]> {
    return (await this.#changesOf(image, layer, options)).collect(options?.signal);
  }

  read(image: Image, file: RootfsEntry, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.#files.read(image, file, range, options);
  }

  readFile(image: Image, file: RootfsEntry, limit: number, options?: CallOptions): Promise<Uint8Array> {
    return this.#files.readWhole(image, file, limit, options);
  }

  hashFile(image: Image, file: RootfsEntry, options?: CallOptions): Promise<string> {
    return this.#files.hash(image, file, options);
  }

  async saveAs(
    image: Image,
    source: LayerPath,
    destination: string,
    options?: CallOptions & { readonly upTo?: number },
  ): Promise<readonly Problem[]> {
    const view = await this.rootfs(image, options?.upTo, options);
    const isOneOfMany = view.lookup(source)?.type === 'dir';
    const read = (file: RootfsEntry, call?: CallOptions): AsyncIterable<Uint8Array> =>
      this.#files.read(image, file, undefined, { ...call, isOneOfMany });
    return exportTree({ view, path: source, destination, read }, options);
  }

  async blame(image: Image, target: LayerPath, options?: LayerOptions): Promise<readonly Touch[]> {
    const stack = await this.#layers.stack(image, image.layers.length - 1, options);
    return blame(stack, target, (before, after) => this.#files.areEqual(image, before, after, options));
  }

  async *find(image: Image, pattern: string, options: FindOptions = {}): AsyncGenerator<FindMatch> {
    const layers = await this.#layers.stack(image, image.layers.length - 1, options);
    yield* findFiles({ layers, pattern, ...options }, options.signal);
  }

  async history(image: Image, like: EngineLike, options?: LayerOptions): Promise<readonly HistoryRow[]> {
    const target = like === 'containerd' ? await this.#files.containerdTarget(image, options) : undefined;
    const sizes =
      options?.below === 'at-hand' ? this.#sizesAtHand(image, options) : this.#sizes(image, options);
    return historyRows(image, await sizes, target?.digest);
  }

  async inspect(
    image: Image,
    like: EngineLike,
    options?: InspectOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const target = like === 'containerd' ? await this.#files.containerdTarget(image, options) : undefined;
    return inspectImage(image, await this.#sizes(image, options), target, options?.isOfPlatform);
  }

  async layerRows(image: Image, options?: LayerOptions): Promise<readonly LayerRow[]> {
    const stack = await this.#layers.stack(image, image.layers.length - 1, options);
    return layerRowsOf(image, stack, options?.signal);
  }

  verify(image: Image, options?: CallOptions): Promise<readonly Problem[]> {
    return verifyImage(image, this.#work, options);
  }

  openRemote(reference: string, options?: CallOptions): Promise<ImageSource> {
    return this.#registries.open(reference, options);
  }

  registry(domain: string): RegistryClient {
    return this.#registries.client(domain);
  }

  engineAuth(reference: string, options?: CallOptions): Promise<EngineRegistryAuth | undefined> {
    return this.#registries.authForEngine(reference, options?.signal);
  }

  push(
    source: ImageSource,
    entry: ImageEntry,
    request: PushRequest,
    options?: TransferOptions,
  ): Promise<TransferResult> {
    return this.#registries.push(source, entry, request, options);
  }

  discoverEngines(options?: DiscoverOptions): Promise<Discovery> {
    return discoverEngines(options);
  }

  connectEngine(endpoint: EngineEndpoint): EngineConnection {
    return this.#engines.connect(endpoint);
  }

  async *compare(before: Image, after: Image, options?: LayerOptions): AsyncGenerator<ViewChange> {
    const [was, is] = [await this.#view(before, options), await this.#view(after, options)];
    yield* compareViews(was, is, async (one, other) => {
      const [hash, otherHash] = await Promise.all([
        this.#files.hash(before, one, options),
        this.#files.hash(after, other, options),
      ]);
      return hash === otherHash;
    });
  }

  async sharing(images: readonly Image[], options?: SharingOptions): Promise<SharingReport> {
    const measured = images.map(async (image) => {
      const told = options?.usesEngineSizes === true ? engineSizesOf(image) : undefined;
      return { image, sizes: told ?? (await this.#sizes(image, options)) };
    });
    return sharingOfImages(await Promise.all(measured), this.#layers, this.#files, options);
  }

  knownLayers(): readonly KnownLayer[] {
    return knownLayersOf(this.#images.values());
  }

  async indexUsage(): Promise<{ readonly files: number; readonly bytes: number }> {
    const [indexes, fetched] = await Promise.all([this.#indexes.usage(), this.#fetching.cache.usage()]);
    return { files: indexes.files + fetched.files, bytes: indexes.bytes + fetched.bytes };
  }

  async clearIndexes(): Promise<void> {
    await this.#indexes.clear();
    await this.#fetching.cache.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.builds.dispose();
    this.#engines[Symbol.dispose]();
    this.#registries[Symbol.dispose]();
    await this.#fetching[Symbol.asyncDispose]();
    await this.#work[Symbol.asyncDispose]();
    await this.#containerWork?.[Symbol.asyncDispose]();
    await this.#contextWork[Symbol.asyncDispose]();
    await this.#sentContexts[Symbol.asyncDispose]();
  }

  /** An engine's image, of the engine's own platform where it has several. */
  async #imageIn(endpoint: EngineEndpoint, id: string, options?: CallOptions): Promise<Image> {
    const source = await this.#engines.connect(endpoint).source(options);
    const entry = await source.find(id, options);
    const own = choosePlatform(
      hostPlatform(),
      entry.variants.map(({ platform }) => platform),
    );
    const variant = entry.variants[own ?? 0];
    if (variant === undefined) throw new EngineError('not-found', id, 'it has no image of a platform');
    return this.image(source, entry, variant, options);
  }

  /** @throws EngineError `not-found` when the registry has it for other platforms only; what `openRemote` throws. */
  async #imageOfRegistry(name: string, platform: Platform, options: CallOptions): Promise<Image> {
    const source = await this.openRemote(name, options);
    const [entry] = await source.list(options);
    const at = choosePlatform(platform, entry?.variants.map((each) => each.platform) ?? []);
    const variant = entry?.variants[at ?? -1];
    if (entry === undefined || variant === undefined)
      throw new EngineError('not-found', name, `it is not there for ${formatPlatform(platform)}`);
    return this.image(source, entry, variant, options);
  }

  /** Packs containers by a thread, which reads the journal and the layers' indexes itself. */
  #packer(directory: string): PackBeside | undefined {
    const work = this.#containerWork;
    if (work === undefined) return undefined;
    return async (image, { config }, destination, options) => {
      // Without its indexes on the disk, the thread has nothing to read layers by.
      await this.#layers.stack(image, image.layers.length - 1, options);
      return work.pack(
        { directory, config, layers: await this.#files.readable(image), destination },
        options,
      );
    };
  }

  async #changesOf(image: Image, layer: number, options?: LayerOptions): Promise<LayerChanges> {
    layerAt(image, layer);
    return new LayerChanges(createUnionView(await this.#layers.stack(image, layer, options)));
  }

  async #view(image: Image, options?: LayerOptions): Promise<MergedView> {
    return createUnionView(await this.#layers.stack(image, image.layers.length - 1, options));
  }

  /** The same, undefined of layers that would have to be fetched. */
  #sizesAtHand(image: Image, options: LayerOptions): Promise<readonly (number | undefined)[]> {
    return Promise.all(
      image.layers.map(async ({ position }) => {
        if (!(await this.#layers.isAtHand(image, position))) return undefined;
        return (await this.#layers.index(image, position, options)).summary.size;
      }),
    );
  }

  /** Docker's SIZE of each layer, lowest first. */
  async #sizes(image: Image, options?: LayerOptions): Promise<readonly number[]> {
    const stack = await this.#layers.stack(image, image.layers.length - 1, options);
    return stack.map(({ summary }) => summary.size);
  }
}
