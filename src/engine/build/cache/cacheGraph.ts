import type { Sha256 } from '../sha256.ts';
import type { EvidenceKind, StepLayer, StepReason } from './cacheReport.ts';
import type { KeyedOperation } from './vertex.ts';

/**
 * The keys of one build that was seen, in the form in which BuildKit exports them (`moby.buildkit.cache.v0`): a step is
 * found when a record has its operation's key and, for every input, a link in common (build-cache.md §1.1).
 */
export interface CacheRecord {
  /** `outputKey` of the operation, of an image, or of content (output −1). */
  readonly key: Sha256;
  /** For each input every way to it. */
  readonly inputs: readonly (readonly CacheLink[])[];
  readonly layer?: StepLayer;
  /** Whether it is told by the builder or computed, or concluded from what an image holds. */
  readonly certainty: 'exact' | 'inferred';
  /** The result is nowhere: an imported inline cache names the steps of other stages without their layers. */
  readonly isKeyAlone?: boolean;
}

export interface CacheLink {
  /** Position in the same list. */
  readonly record: number;
  /** The path of the input that is used; empty for all of it, and for content. */
  readonly selector: string;
}

/** One build that was seen. Never changes. */
export interface SeenBuild {
  readonly kind: EvidenceKind;
  readonly subject?: string;
  /** The engine's ID of the image that it gave, where it is known. */
  readonly imageId?: string;
  /** Milliseconds since 1970. */
  readonly builtAt?: number;
  /** The Dockerfile as it was, where it is known. */
  readonly dockerfile?: string;
  /** It is of another one, as far as can be seen: its steps are not what those that are asked about were before. */
  readonly isOfAnotherFile?: boolean;
  readonly records: readonly CacheRecord[];
  /** It is a cache that the build is told to import: the builder need not have what is in it. */
  readonly isImported?: boolean;
  readonly steps: readonly SeenStep[];
  /** The name by which the context is kept as it was sent then, for `ContextView.differences`: only of builds through Lamina. */
  readonly upload?: string;
}

/** What is known of a step of that build, for telling why one is not found. */
export interface SeenStep {
  /** As in the plan of that build: label of the stage, and `2/5`. */
  readonly stage: string;
  readonly row?: string;
  /** As it was written, or as history shows it. */
  readonly text: string;
  readonly firstLine?: number;
  readonly operation?: KeyedOperation;
  /** Position in `records`. */
  readonly record?: number;
  readonly layer?: StepLayer;
  readonly seconds?: number;
  /** What it read of the context, by selection: what is told differs from it. */
  readonly selections?: readonly string[];
  /** What an image tells of a step of the build that is asked about, where it gives no record. */
  readonly finding?: StepFinding;
}

/**
 * Of evidence that was made for one build (`KeyedBuild`), and holds for that one only. Where several images tell of one
 * vertex, a record comes before `depends`, that before `unknown`, and that before `rebuild`: an older image may be of the
 * record that is found.
 */
export interface StepFinding {
  /** Position in the build that is asked about. */
  readonly vertex: number;
  /** `depends`: it would be found if the stage that it reads came out as in the image. */
  readonly state: 'rebuild' | 'unknown' | 'depends';
  readonly reason: StepReason;
}

/** What the builder says that it has (`/system/df`, `DiskUsage`): records by description. */
export interface ListedRecord {
  readonly id: string;
  readonly parents: readonly string[];
  readonly description: string;
  /** `regular`, `source.local`, `exec.cachemount`, … */
  readonly type: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, where it is told. */
  readonly createdAt?: number;
}
