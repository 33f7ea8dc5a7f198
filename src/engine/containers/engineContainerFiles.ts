import type { CallOptions } from '../base/progress.ts';
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
}
