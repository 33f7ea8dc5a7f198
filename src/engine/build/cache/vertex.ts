import type { ContentSource } from '../contentKey/contentKey.ts';
import type { CopyOrigin } from '../plan/buildPlan.ts';
import type { ImageKeys } from '../operationKey/imageKeys.ts';
import type { Sha256 } from '../sha256.ts';

/** What BuildKit looks up: the operations of a plan with their keys, those before that others need (build-cache.md §1.1). */
export interface KeyedBuild {
  readonly vertices: readonly Vertex[];
  /** Position of the one whose output is the image; undefined when it is nothing but a base or scratch. */
  readonly target: number | undefined;
}

export interface Vertex {
  readonly kind:
    'image' | 'context' | 'url' | 'git' | 'run' | 'copy' | 'workdir' | 'merge' | 'file' | 'folder';
  /** The stage of the plan, and the position of the step there; the step is undefined of what no instruction stands for. */
  readonly stage: number;
  readonly step?: number;
  /** Undefined where it cannot be told: a context, an image, a URL. */
  readonly operation?: KeyedOperation;
  /** Of an image that is known. */
  readonly image?: ImageKeys;
  readonly inputs: readonly VertexInput[];
  /** Made again whatever is cached. */
  readonly ignoresCache: boolean;
}

export interface KeyedOperation {
  readonly digest: Sha256;
  /** What was hashed, for telling what differs. */
  readonly plaintext: string;
}

export interface VertexInput {
  /** The vertex that makes it; undefined for nothing (scratch). */
  readonly vertex?: number;
  readonly output: number;
  /** BuildKit's name for the part of it that is used, in a link by definition; empty for all of it. */
  readonly selector: string;
  /** What of it counts, when it may be found by its content. */
  readonly content?: ContentSelection;
  /** The content's digest where the instruction itself says what it is: a heredoc. */
  readonly contentDigest?: Sha256;
}

/** Files that an instruction reads. Equal selections have equal `id`s. */
export interface ContentSelection {
  readonly id: string;
  /** A named context is one that is a directory. */
  readonly origin: CopyOrigin | { readonly kind: 'named'; readonly name: string };
  readonly sources: readonly ContentSource[];
}
