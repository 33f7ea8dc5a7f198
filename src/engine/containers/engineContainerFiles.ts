import type { EngineError } from '../base/errors.ts';
import type { LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import type { Image } from '../sources/image.ts';
import type { ContainerFiles } from './containerFiles.ts';

/**
 * The files of an engine's container, running or not, by the archive endpoint. Names are made and bytes written with
 * mode, owner and group kept; what the endpoint cannot do (remove, rename) is done by a program inside the container
 * while it runs and has one, and is `unsupported` otherwise.
 */
export interface EngineContainerFiles extends ContainerFiles {
  /** The container's whole ID. */
  readonly id: string;
  /** The engine's image it was made of, where the engine still has it. Its layers are fetched when contents are compared. */
  image(options?: CallOptions): Promise<Image | undefined>;
  /**
   * Makes a container of Lamina's store that holds the same: its image, and every change of its writable layer, but what
   * lies in volumes and mounts. When it fails, the store is as it was before.
   *
   * @throws EngineError also `not-found` when the engine has the image no more; as `StoreContainers.create`, `Store.import`.
   */
  copyIntoStore(request?: { readonly name?: string }, options?: CallOptions): Promise<ContainerConfig>;
  /**
   * Makes paths, and all below them, what the image has there, with mode, owner and time; with `/`, everything. What was
   * added is removed by a program of the container.
   *
   * @returns what could not be removed, and why.
   * @throws EngineError `not-found` when the engine has not all of the image any more.
   */
  revert(paths: readonly LayerPath[], options?: CallOptions): Promise<readonly RevertFailure[]>;
}

/** A path that could not be made what the image has there. */
export interface RevertFailure {
  readonly path: LayerPath;
  readonly failure: EngineError;
}
