import type { DiffId } from '../../oci/digest.ts';
import type { ContainerConfig } from './containerConfig.ts';

/** One image of a builder's store with what its cache looks at. The classic builder makes one for every instruction. */
export interface BuilderImage {
  /** As the engine names it: `sha256:…`. */
  readonly id: string;
  /** Names with their tags, complete (`docker.io/library/nginx:latest`). */
  readonly names: readonly string[];
  /** The ID of the image that it was made on by the classic builder; empty when there is none. */
  readonly parent: string;
  /** Milliseconds since 1970, with the fraction that is known. */
  readonly created: number;
  /** Of the container it was made in. Engines tell it up to API 1.44; without it the history's last text stands for its command. */
  readonly containerConfig?: ContainerConfig;
  readonly config: ContainerConfig;
  /** Lowest first. */
  readonly history: readonly ImageHistory[];
  /** Lowest first. */
  readonly diffIds: readonly DiffId[];
  /** Of the layer that it adds to its parent, where it is known. */
  readonly sizeBytes?: number;
  /** Of buildah: `oci` or `docker`. An image of another form than the one that is built is not taken. */
  readonly form?: string;
  /** Whether it has triggers (ONBUILD) is not told. */
  readonly hidesTriggers?: boolean;
}

export interface ImageHistory {
  readonly createdBy: string;
  /** RFC 3339, as it is written; empty when there is none. */
  readonly created: string;
  readonly comment: string;
  readonly isEmpty: boolean;
}
