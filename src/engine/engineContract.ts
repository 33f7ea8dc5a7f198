import type { ByteRange } from './base/byteRange.ts';
import type { LayerPath } from './base/layerPath.ts';
import type { Disposable, Event } from './base/event.ts';
import type { CallOptions } from './base/progress.ts';
import type { Problem } from './base/problem.ts';
import type { ChainId, Digest, DiffId } from './oci/digest.ts';
import type { EngineContainerFiles } from './containers/engineContainerFiles.ts';
import type { Builds } from './builders/builds.ts';
import type { StoreContainers } from './containers/storeContainers.ts';
import type { Touch } from './compare/blame.ts';
import type { ViewChange } from './compare/compareViews.ts';
import type { Aspect } from './compare/differences.ts';
import type { EngineLike, HistoryRow } from './compare/layerHistory.ts';
import type { SharingReport } from './compare/sharing.ts';
import type { FindMatch } from './rootfs/findFiles.ts';
import type { LayerIndex } from './layers/layerIndex.ts';
import type { BuildOptions, LayerState } from './layers/layerIndexes.ts';
import type { LayerChange, RootfsEntry, UnionView } from './rootfs/rootfs.ts';
import type { Image } from './sources/image.ts';
import type { ImageEntry, ImageSource, ImageVariant } from './sources/imageSource.ts';
import type { RegistryClient } from './sources/registry/registryClient.ts';
import type { GarbageReport } from './store/collectGarbage.ts';
import type {
  ImportOptions,
  PushRequest,
  TransferOptions,
  TransferResult,
} from './transfer/transferReport.ts';
import type { SavedImage, SaveRequest } from './transfer/saveRequest.ts';
import type { Discovery } from './sources/dockerEngine/discoverEndpoints.ts';
import type { EngineEndpoint } from './sources/dockerEngine/endpoint.ts';
import type { EngineRegistryAuth, LoadResult } from './sources/dockerEngine/engineApi.ts';
import type { EngineClient } from './sources/dockerEngine/engineClient.ts';
import type { EngineEvents } from './sources/dockerEngine/engineEvents.ts';

export type {
  GarbageReport,
  PushRequest,
  SavedImage,
  SaveRequest,
  SharingReport,
  TransferOptions,
  TransferResult,
};
export type {
  ImageSharing,
  MatchedLayers,
  ReorderedPair,
  SharedLayer,
  SharedPlace,
  TransferCost,
} from './compare/sharing.ts';
export type { BlobTransfer, ImportOptions, TransferState, TransferWait } from './transfer/transferReport.ts';

/** What hosts may ask of the layer engine. A facade: it hands on, it decides nothing. */
export interface Engine extends AsyncDisposable {
  readonly store: Store;
  /** The containers of the store. */
  readonly containers: StoreContainers;
  /** Builders: what the next build will reuse, and building. */
  readonly builds: Builds;
  /** Opens an archive, a layout or a directory; the bytes decide what it is. @throws EngineError `invalid-archive` when it is no image. */
  open(path: string, options?: CallOptions): Promise<ImageSource>;
  /** The image of one variant, as its source has it now. */
  image(source: ImageSource, entry: ImageEntry, variant: ImageVariant, options?: CallOptions): Promise<Image>;

  /** The layer's own tree; built by a child process when it is not yet known. Calls for the same layer share the work. */
  layerIndex(image: Image, layer: number, options?: LayerOptions): Promise<LayerIndex>;
  /** Whether the layer's index can be had without fetching anything. True of every layer that lies here. */
  isLayerAtHand(image: Image, layer: number): Promise<boolean>;
  /** How far a layer is; changes are announced by `onDidChangeLayer`. */
  layerState(image: Image, layer: number): LayerState;
  readonly onDidChangeLayer: Event<readonly LayerPlace[]>;
  /** The union of the layers 0…`upTo` (all when left out). Waits for their indexes. A damaged or missing layer takes part with what could be read. */
  rootfs(image: Image, upTo?: number, options?: LayerOptions): Promise<UnionView>;
  /** What one layer changed directly inside a directory, removed names included, sorted by bytes. */
  changes(
    image: Image,
    layer: number,
    directory: LayerPath,
    options?: LayerOptions,
  ): Promise<readonly LayerChange[]>;
  /** The same for a layer that is being read, as far as it was read; undefined when nothing can be said yet. */
  changesSoFar(
    image: Image,
    layer: number,
    directory: LayerPath,
  ): Promise<readonly LayerChange[] | undefined>;
  /** Every change of one layer, depth first. */
  allChanges(image: Image, layer: number, options?: LayerOptions): Promise<readonly LayerChange[]>;

  /** A file's bytes (holes of sparse files as zeros), checked against the index. `range` is in the file, end exclusive. */
  read(image: Image, file: RootfsEntry, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** A whole file. @throws EngineError `too-large` beyond `limit` bytes. */
  readFile(image: Image, file: RootfsEntry, limit: number, options?: CallOptions): Promise<Uint8Array>;
  /** SHA-256 of a file's content, hex. */
  hashFile(image: Image, file: RootfsEntry, options?: CallOptions): Promise<string>;
  /** Writes files and directories below `path` to a folder the user chose; never outside it. Returns what was left out and why. */
  saveAs(
    image: Image,
    path: LayerPath,
    destination: string,
    options?: CallOptions & { readonly upTo?: number },
  ): Promise<readonly Problem[]>;

  /** Every layer that touched the path, newest first. */
  blame(image: Image, path: LayerPath, options?: LayerOptions): Promise<readonly Touch[]>;
  /** Paths that match a glob or a substring, over the union, or over all layers (hidden versions too). */
  find(image: Image, pattern: string, options?: FindOptions): AsyncIterable<FindMatch>;
  /** Rows as `docker image history` of Docker 29 has them, newest first. `below: 'at-hand'` fetches no layer for its size. */
  history(image: Image, like: EngineLike, options?: LayerOptions): Promise<readonly HistoryRow[]>;
  /** The object `docker image inspect` of Docker 29 prints, keys in its order. */
  inspect(
    image: Image,
    like: EngineLike,
    options?: InspectOptions,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** One row per layer, lowest first. */
  layerRows(image: Image, options?: LayerOptions): Promise<readonly LayerRow[]>;

  /** Checks all digests of an image: blobs, config, manifest, diffIDs. Returns what does not fit. */
  verify(image: Image, options?: CallOptions): Promise<readonly Problem[]>;
  /**
   * A registry's image, read where it is: manifest and history at once, each layer fetched when it is first asked for.
   * Its source has one entry.
   *
   * @param reference `docker://HOST/PATH[:TAG][@DIGEST]`, with or without `docker://`.
   * @throws EngineError `invalid-reference`, `unreachable`, `unauthorized`, `not-found`, `insecure`, `rate-limited`.
   */
  openRemote(reference: string, options?: CallOptions): Promise<ImageSource>;
  /** The client of one registry, shared; signs in by itself with what the host's credentials hold. */
  registry(domain: string): RegistryClient;
  /**
   * What an engine needs to pull an image that not everybody may: what Lamina itself would sign in with. It is a secret,
   * and goes to that engine alone.
   *
   * @param reference names the image.
   * @throws EngineError `invalid-reference`, `cancelled`.
   */
  engineAuth(reference: string, options?: CallOptions): Promise<EngineRegistryAuth | undefined>;
  /** Sends an image to a registry; what it has is not sent, what another of its repositories has is mounted. */
  push(
    source: ImageSource,
    entry: ImageEntry,
    request: PushRequest,
    options?: TransferOptions,
  ): Promise<TransferResult>;
  /** The engines of this machine and those that docker's and Podman's configuration names. Connects to none. */
  discoverEngines(options?: DiscoverOptions): Promise<Discovery>;
  /**
   * The engine there; nothing is connected before it is asked something. All who ask for one endpoint share the answer,
   * and it is closed with this engine.
   */
  connectEngine(endpoint: EngineEndpoint): EngineConnection;
  /**
   * What must change in one image's file system to get the other's, depth first; what is in an added or removed folder
   * is listed too. What both have from the same layers is not looked at.
   */
  compare(before: Image, after: Image, options?: LayerOptions): AsyncIterable<ViewChange>;
  /** What these images share, by docker's measure and by content. */
  sharing(images: readonly Image[], options?: SharingOptions): Promise<SharingReport>;

  /** Every layer of the images asked for so far, those of closed sources too, with the images that have it. */
  knownLayers(): readonly KnownLayer[];
  /** Disk used beside the store's blobs, for indexes and for what was fetched, and a way to get it back. */
  indexUsage(): Promise<{ readonly files: number; readonly bytes: number }>;
  clearIndexes(): Promise<void>;
}

/** Where else to look for engines. */
export interface DiscoverOptions {
  /** Addresses from the user's settings, listed first. */
  readonly configured?: readonly string[];
  /** `DOCKER_HOST` and the like; the process' own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** One Docker-compatible engine. Calls throw EngineErrors as {@link EngineClient} says. */
export interface EngineConnection {
  readonly endpoint: EngineEndpoint;
  /** As people write it, without keys: `unix:///run/docker.sock`. */
  readonly location: string;
  readonly client: EngineClient;
  readonly events: EngineEvents;
  /** Its images as they are now: a new source after each change. Opening it asks nothing but what kind of engine it is. */
  source(options?: CallOptions): Promise<EngineImages>;
  /** Fires when an image's true config has come with its layers: `engine.image` gives it then. The value is its engine's ID. */
  readonly onDidLearnImage: Event<string>;
  /**
   * Sends images into the engine as one docker archive, which is made and sent piece by piece.
   *
   * @throws EngineError `refused` in the engine's words; as `Store.save`; `cancelled`.
   */
  load(images: readonly SavedImage[], options?: CallOptions): Promise<LoadResult>;
  /** The files of a container, by its whole ID; one object for all who ask. Nothing is asked before it is used. */
  containerFiles(id: string): EngineContainerFiles;
}

/** The images of an engine. `list` asks once; a name is found without the list. */
export interface EngineImages extends ImageSource {
  readonly kind: 'docker-daemon';
  /**
   * The image of a name (`nginx` means `nginx:latest`), an ID or the beginning of one, or `NAME@DIGEST`.
   *
   * @throws EngineError `not-found`, `ambiguous`.
   */
  find(name: string, options?: CallOptions): Promise<ImageEntry>;
}

export type { Aspect, EngineLike, FindMatch, HistoryRow, Touch, ViewChange };

export interface LayerOptions extends BuildOptions {
  /**
   * Which of the layers below the one that is asked for take part: all of them, fetched where they lie elsewhere, or only
   * those whose index is at hand. What is new and what replaces something cannot be told where one is left out.
   */
  readonly below?: 'all' | 'at-hand';
}

export interface SharingOptions extends LayerOptions {
  /**
   * Takes what the images' engine counts for their layers instead of counting. It is docker's SIZE where the engine has
   * the classic store, exact for layers that BuildKit built there too (formats.md §3.3), and needs no layer.
   */
  readonly usesEngineSizes?: boolean;
}

export interface InspectOptions extends LayerOptions {
  /** Whether this platform of the image was asked for by name, as with docker's `--platform`. */
  readonly isOfPlatform?: boolean;
}

/** A layer where it stands in an image; the same layer has a place in each image that shares it. */
export interface LayerPlace {
  readonly image: Image;
  /** Position, lowest 0. */
  readonly layer: number;
}

export interface FindOptions extends LayerOptions {
  readonly allLayers?: boolean;
  /** Stop after so many matches. */
  readonly limit?: number;
}

export interface LayerRow {
  readonly index: number;
  readonly diffId: DiffId | undefined;
  readonly chainId: ChainId | undefined;
  readonly digest: Digest | undefined;
  readonly mediaType: string | undefined;
  /** Bytes as stored. */
  readonly compressedSize: number | undefined;
  /** Docker's SIZE column. */
  readonly size: number;
  /** Bytes of regular files, each inode once. */
  readonly contentSize: number;
  readonly createdBy: string | undefined;
  readonly created: string | undefined;
  readonly entries: number;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  readonly problems: readonly Problem[];
}

export interface KnownLayer {
  /** Stable name for tree ids: the diffID, else the digest, else the place. */
  readonly key: string;
  readonly diffId: DiffId | undefined;
  readonly digest: Digest | undefined;
  readonly compressedSize: number | undefined;
  readonly places: readonly LayerPlace[];
}

/** Lamina's own store: an OCI image layout on disk (DESIGN §4). Several processes may use it at once. */
export interface Store {
  readonly directory: string;
  /** The store as a source; a new one after each change. */
  source(options?: CallOptions): Promise<ImageSource>;
  /** Fires when this or another process changed the store (the latter only while someone listens). */
  readonly onDidChange: Event<void>;
  /** Copies an image with all it needs; digests are kept. Storing what is stored succeeds. */
  import(
    source: ImageSource,
    entry: ImageEntry,
    name: string | undefined,
    options?: ImportOptions,
  ): Promise<TransferResult>;
  tag(name: string, target: Digest): Promise<void>;
  /** Takes a name away; the content stays until garbage is collected. Removing what is absent succeeds. */
  remove(name: string): Promise<void>;
  /** Takes an untagged image away. */
  removeTarget(target: Digest): Promise<void>;
  save(request: SaveRequest, options?: CallOptions): Promise<void>;
  verify(options?: CallOptions): Promise<readonly Problem[]>;
  collectGarbage(options: CallOptions & { readonly isDryRun: boolean }): Promise<GarbageReport>;
  usage(): Promise<{ readonly blobs: number; readonly bytes: number }>;
  watch(): Disposable;
}
