import type { DiffId, Digest } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { BuilderIdentity } from '../builder.ts';
import type { BuildRequest } from '../buildRequest.ts';
import type { Dockerfile } from '../dockerfile/ast.ts';
import type { BuildPlan } from '../plan/buildPlan.ts';
import type { ListedRecord, SeenBuild } from './cacheGraph.ts';
import type { StepLayer } from './cacheReport.ts';
import type { ContextView } from './contextView.ts';

/** One build by BuildKit, as it would be made now: what its keys are computed from. */
export interface BuildkitBuild {
  readonly builder: BuilderIdentity;
  readonly request: BuildRequest;
  readonly dockerfile: Dockerfile;
  /** Of this Dockerfile and this request, made with the configs of all images that `image` knows. */
  readonly plan: BuildPlan;
  /** Undefined when it cannot be read. */
  readonly context: ContextView | undefined;
  /** Directories that are named contexts, by name as in the request. */
  readonly namedContexts?: ReadonlyMap<string, ContextView>;
  /**
   * What the builder would take for a name of the plan: dockerd an image that it has, a builder that stands alone what the
   * registry says, and both the registry with `--pull`.
   */
  readonly image: (name: string, platform: Platform) => ImageAnswer;
}

/** What a prediction rests on. Nothing is asked of anybody but the contexts. */
export interface BuildkitQuestion extends BuildkitBuild {
  /** The command that is assumed, as a person would type it. */
  readonly command: string;
  /** What was seen of this builder, newest first; imported caches (`--cache-from`) that could be read are among them. */
  readonly seen: readonly SeenBuild[];
  /** What the builder says that it has; undefined when it does not say. */
  readonly listed?: readonly ListedRecord[];
  /** Names of `--cache-from` that could not be read. */
  readonly unreadCaches?: readonly string[];
  /** Whether something that may tell of builds could not be read. */
  readonly isUnread?: boolean;
}

export type ImageAnswer =
  | {
      readonly kind: 'known';
      /** Of the platform, also where an index was named. */
      readonly manifest: Digest;
      readonly diffIds: readonly DiffId[];
      /** Nobody was asked: it is what was taken the last time. What is found on it is `likely` then. */
      readonly isAssumed?: boolean;
    }
  /** `reason` in English: no network, not asked. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What a build that was made gave, for a record of it. */
export interface BuildkitResult {
  /** Milliseconds since 1970. */
  readonly builtAt: number;
  /** The image's name or ID. */
  readonly subject?: string;
  /** By position of the instruction in the file. */
  readonly layers?: ReadonlyMap<number, StepLayer>;
  readonly seconds?: ReadonlyMap<number, number>;
  /** By what name the context is kept as it was sent: what `ContextView.differences` takes. */
  readonly upload?: string;
}
