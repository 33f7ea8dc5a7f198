import type { Disposable, Event } from '../base/event.ts';
import type { LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Touch } from '../compare/blame.ts';
import type { FindMatch } from '../rootfs/findFiles.ts';
import type { CommitRequest, CommittedImage } from '../snapshots/commitContainer.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import type { ContainerView } from '../snapshots/containerView.ts';
import type { ContentSource } from '../snapshots/contents.ts';
import type { Piece } from '../snapshots/inode.ts';
import type { ContainerList, CreateRequest } from '../snapshots/snapshotter.ts';
import type { UpperLayer } from '../snapshots/upperLayer.ts';
import type { Image } from '../sources/image.ts';
import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';
import type { ContainerFiles } from './containerFiles.ts';
import type { FileTree } from './fileTree.ts';

/** Containers of Lamina's own store. Several processes may use them at once. */
export interface StoreContainers {
  list(): Promise<ContainerList>;
  /** By name, ID or the beginning of an ID. @throws EngineError `not-found`, `ambiguous`. */
  find(text: string): Promise<ContainerConfig>;
  /** Reads no layer and copies nothing. @throws EngineError `not-found`, `already-exists`, `invalid-reference`. */
  create(request: CreateRequest): Promise<ContainerConfig>;
  /** @throws EngineError `not-found`, `already-exists`, `invalid-reference`. */
  rename(id: string, name: string): Promise<ContainerConfig>;
  /** With all that was changed in it. Removing what is absent succeeds. */
  remove(id: string): Promise<void>;
  /**
   * The image that a container was made of, which may have no name any more. Its source holds nothing open.
   *
   * @throws EngineError `not-found` when its manifest is lost.
   */
  image(config: ContainerConfig, options?: CallOptions): Promise<ContainerImage>;
  /** One object for all who ask, up to date. Waits for the indexes of the image's layers. @throws EngineError `not-found`. */
  open(id: string, options?: CallOptions): Promise<StoreContainerFiles>;
  /**
   * Makes an image of a container: its image's layers, and one more. Hashing and packing happen in a worker.
   *
   * @throws EngineError `invalid-reference`, `invalid-config` for a change that is not understood, `no-space`, `cancelled`.
   */
  commit(id: string, request: CommitRequest, options?: CallOptions): Promise<CommittedImage>;
  /**
   * Fires when a container was made, renamed or removed (no ID), or its files were changed (its ID); by another process
   * while somebody watches.
   */
  readonly onDidChange: Event<string | undefined>;
  watch(): Disposable;
}

/** An image of the store as its source has it. */
export interface ContainerImage {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
  readonly image: Image;
}

/** The files of a container of the store, and what only Lamina's own can tell of them. */
export interface StoreContainerFiles extends ContainerFiles {
  readonly config: ContainerConfig;
  readonly image: Image;
  /** As of the last change or refresh; never changes itself. */
  readonly view: ContainerView;
  /** Takes up what other processes changed; whether they did. */
  refresh(): Promise<boolean>;
  /** As it is now, as a stack of layers with the writable one on top. Never changes: a later state is another tree. */
  tree(): Promise<FileTree>;
  /** Writes bytes for a change that follows; what no change uses is removed after a day. */
  write(source: ContentSource, options?: CallOptions): Promise<readonly Piece[]>;
  /** Removes written bytes that no change needs after all. */
  discard(content: readonly Piece[]): Promise<void>;
  /** Changes files by system calls; all that `work` does becomes one step. */
  change<T>(work: (upper: UpperLayer) => T): Promise<T>;
  /** Makes paths what the image has there; hidden files come back. With `/`, everything. One step. */
  revert(paths: readonly LayerPath[]): Promise<void>;
  /**
   * Every layer that touched the path, newest first; the writable layer counts as the one above the image's last.
   * The entry of a `Touch` in the writable layer is read by the file's path in the container.
   */
  blame(path: LayerPath, options?: CallOptions): Promise<readonly Touch[]>;
  find(
    pattern: string,
    options?: CallOptions & { readonly allLayers?: boolean; readonly limit?: number },
  ): AsyncIterable<FindMatch>;
}
