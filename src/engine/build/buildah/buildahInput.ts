import type { CallOptions } from '../../base/progress.ts';
import type { Platform } from '../../oci/platform.ts';
import type { BuilderIdentity } from '../builder.ts';
import type { BuildRequest } from '../buildRequest.ts';
import type { Evidence } from '../cache/cacheReport.ts';
import type { BuilderImage } from '../classic/builderImage.ts';
import type { SummedFile } from '../classic/copySum.ts';
import type { Dockerfile } from '../dockerfile/ast.ts';
import type { CopyAnswer, CopyQuestion } from './copyDigest.ts';

/** What a prediction for buildah, or Podman, is asked with. */
export interface BuildahInput {
  readonly builder: BuilderIdentity;
  /** The command that is assumed, as a person would type it. */
  readonly command: string;
  readonly request: BuildRequest;
  readonly dockerfile: Dockerfile;
  /** Of the machine that builds. */
  readonly platform: Platform;
  /** Every image of the store, those without a name too, in the store's order. */
  readonly images: readonly BuilderImage[];
  /** Whether steps are kept and looked up (`--layers`): Podman does so always, buildah when it is told. */
  readonly hasLayers: boolean;
  /**
   * By complete names, what a registry has now: it is asked at each build. The whole image where its config was read,
   * else its ID. Where nobody was asked, the store's image is assumed, and said so.
   */
  readonly pulled?: ReadonlyMap<string, BuilderImage | string>;
  readonly context: BuildahContext;
  /** Of `--build-context`: directories, without ignore files. */
  readonly namedContexts?: ReadonlyMap<string, BuildahContext>;
  /** The numbers of an owner that is named, in an image: `app`, `app:staff`. */
  readonly ownerIn?: (
    image: BuilderImage,
    owner: string,
    options?: CallOptions,
  ) => Promise<Owner | undefined>;
  /**
   * What COPY would print for sources of an image, where that is known from a build that was seen (`seenBuildahCopies`).
   *
   * @param at the position of the instruction that asks.
   */
  readonly imageDigest?: (
    image: string,
    sources: readonly string[],
    destination: string,
    at: number,
  ) => Promise<string | undefined>;
  /** What went into a digest that was computed before, where it is remembered: tells which files are others. */
  readonly filesOfSum?: (digest: string) => Promise<readonly SummedFile[] | undefined>;
  readonly evidence: readonly Evidence[];
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The context as buildah reads it. A worker has the files; see `copyDigests`. */
export interface BuildahContext {
  digests(question: CopyQuestion, rules: CopySettings, options?: CallOptions): Promise<CopyAnswer>;
}

/** What flags of COPY say. */
export interface CopySettings {
  readonly owner?: Owner;
  /** Files keep the owners that they have: of everything but the context itself. */
  readonly keepsOwners?: boolean;
  /** Permission bits. */
  readonly mode?: number;
  /** Extended attributes are looked at: they are another process's work, and hardly ever there. */
  readonly withAttributes?: boolean;
}
