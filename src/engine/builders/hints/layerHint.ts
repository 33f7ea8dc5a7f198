import type { LayerPath } from '../../base/layerPath.ts';
import type { LayerChange } from '../../rootfs/rootfs.ts';
import type { StepStatus } from '../../build/cache/cacheReport.ts';
import type { Instruction } from '../../build/dockerfile/ast.ts';

/** What is known of a Dockerfile and of the layers that it made the last time. */
export interface HintQuestion {
  readonly instructions: readonly Instruction[];
  /** One for each instruction. */
  readonly steps: readonly StepStatus[];
  /** Those that could be read, lowest first. */
  readonly layers: readonly ReadLayer[];
}

/** A layer that an instruction of the Dockerfile made. */
export interface ReadLayer {
  readonly instruction: number;
  /** In the image, lowest 0. */
  readonly position: number;
  /** Everything that it changes itself, and what was in the directories that it removes. */
  readonly changes: readonly LayerChange[];
  /** The beginnings of those files that {@link mayHoldSecret} names. */
  readonly heads: ReadonlyMap<LayerPath, string>;
}

/** Something in an image that its Dockerfile could do better, and that its layers prove. */
export type LayerHint = DeletedLater | LeftBehind | EarlyCopy | LeftSecret | MovedBase;

/** A step deletes what a step before it added: the bytes are shipped all the same. */
export interface DeletedLater {
  readonly kind: 'deleted-later';
  /** That deletes. */
  readonly instruction: number;
  /** That added. */
  readonly madeBy: number;
  readonly bytes: number;
  readonly files: number;
  /** The largest ones first, at most ten. */
  readonly paths: readonly LayerPath[];
}

/** Lists and caches of package managers that nothing in the image needs. */
export interface LeftBehind {
  readonly kind: 'left-behind';
  readonly instruction: number;
  /** `/var/lib/apt/lists` */
  readonly directory: string;
  readonly bytes: number;
}

/** Files are copied before an installation that does not read them, so that a change of them has it made again. */
export interface EarlyCopy {
  readonly kind: 'early-copy';
  /** That copies. */
  readonly instruction: number;
  /** That installs. */
  readonly installation: number;
  /** What the installation reads, as COPY would name it. */
  readonly needed: readonly string[];
  /** What changed and had the installation made again. */
  readonly changed: readonly string[];
  /** Seconds that the installation took. */
  readonly seconds?: number;
  readonly bytes?: number;
}

export interface LeftSecret {
  readonly kind: 'secret';
  readonly instruction: number;
  readonly path: LayerPath;
  readonly what: SecretKind;
  /** Whether a later layer deletes or replaces it: the bytes are in the image all the same. */
  readonly isHidden: boolean;
}

export type SecretKind = 'private-key' | 'environment' | 'credentials';

/** The name of a base image leads to another image than it did. */
export interface MovedBase {
  readonly kind: 'moved-base';
  readonly instruction: number;
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}
