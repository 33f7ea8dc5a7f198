import type { Platform } from '../oci/platform.ts';

/** What a build is asked for, as on the command line of `docker build`. */
export interface BuildRequest {
  /** The context's directory, absolute. */
  readonly context: string;
  /** The Dockerfile, absolute; it may lie outside of the context. */
  readonly dockerfile: string;
  /** A stage by name or number; the last one when left out. */
  readonly target?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** The builder's own when left out. */
  readonly platform?: Platform;
  /** Names for the image; the first one is also where an earlier image of it is looked for. */
  readonly tags: readonly string[];
  readonly noCache?: boolean;
  /** Stages that are made again whatever is cached (`--no-cache-filter`). */
  readonly noCacheFilter?: readonly string[];
  /** Base images are asked for at the registry even when they are here. */
  readonly pull?: boolean;
  readonly network?: string;
  /** `NAME:ADDRESS` */
  readonly addHosts?: readonly string[];
  /** `KEY=VALUE` */
  readonly labels?: readonly string[];
  readonly shmSizeBytes?: number;
  /** `NAME=SOFT:HARD` */
  readonly ulimits?: readonly string[];
  readonly cgroupParent?: string;
  /** `id=…,src=…` */
  readonly secrets?: readonly string[];
  readonly ssh?: readonly string[];
  /** Directories or images by the name that `--from` and FROM find them by. */
  readonly namedContexts?: ReadonlyMap<string, string>;
  readonly cacheFrom?: readonly string[];
  readonly cacheTo?: readonly string[];
}
