import type { Digest, DiffId } from '../../oci/digest.ts';
import type { BuilderIdentity } from '../builder.ts';
import type { LineSpan, TextRange } from '../dockerfile/ast.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';

/** What the next build will take from the cache, for one builder, one client and one request. */
export interface CacheReport {
  readonly builder: BuilderIdentity;
  /** The command that is assumed, as a person would type it. */
  readonly command: string;
  /** One for each instruction of the file, in the order of the file. */
  readonly steps: readonly StepStatus[];
  /** Triggers of base images (ONBUILD), which stand at their FROM. */
  readonly triggers: readonly StepStatus[];
  /** Of the Dockerfile, the plan, and the context's unreadable files. */
  readonly problems: readonly DockerfileProblem[];
  /** What the answer rests on, best first; empty when no build of this file has been seen. */
  readonly evidence: readonly Evidence[];
}

/** A build that was seen, and how. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** The image's name or ID, or the record's reference. */
  readonly subject?: string;
  /** Milliseconds since 1970. */
  readonly builtAt?: number;
  /** Whether the builder's own list of records was read, and compared. */
  readonly isChecked: boolean;
}

/** Best first (build-cache.md §4.2). */
export type EvidenceKind = 'lamina' | 'inline-cache' | 'history-record' | 'builder-images' | 'image';

/**
 * - `cached`: taken from the cache;
 * - `likely`: so as far as can be seen, but the builder has not confirmed it;
 * - `depends`: on what a stage that is made again will give;
 * - `rebuild`: made again;
 * - `stale`: taken from the cache although something changed, which the builder will not see;
 * - `unknown`: cannot be told, for a reason that is said;
 * - `no-step`: nothing that is cached: metadata, an argument, FROM, or a stage that is not needed.
 */
export type StepState = 'cached' | 'likely' | 'depends' | 'rebuild' | 'stale' | 'unknown' | 'no-step';

export interface StepStatus {
  /** Position of the instruction in the file; of a trigger that of its FROM. */
  readonly instruction: number;
  readonly range: TextRange;
  readonly lines: LineSpan;
  /** The name or number of its stage; empty before the first FROM. */
  readonly stage: string;
  /** The row that the builder shows, `[build 2/5] RUN make`; undefined for what has none. */
  readonly row?: string;
  /** The logical line as it is written. */
  readonly text: string;
  /** What the builder runs or copies, variables expanded. */
  readonly expanded?: string;
  readonly state: StepState;
  readonly reason: StepReason;
  /** What it made the last time. */
  readonly layer?: StepLayer;
  /** Seconds that it took when it was made. */
  readonly seconds?: number;
}

export interface StepLayer {
  readonly diffId?: DiffId;
  /** Of the stored blob, where it is known. */
  readonly digest?: Digest;
  /** Bytes, as docker's SIZE column. */
  readonly size?: number;
  /** Milliseconds since 1970. */
  readonly created?: number;
  /** An image of an engine that holds it, and its position there, lowest 0. */
  readonly image?: string;
  readonly position?: number;
}

/** Why a step is in its state. `text` says it in English in one line; the other members are for hosts' own words. */
export interface StepReason {
  readonly code: ReasonCode;
  readonly text: string;
  /** Files that are others than they were, at most a hundred. */
  readonly paths?: readonly PathDifference[];
  /** All of them. */
  readonly pathCount?: number;
  /** The instruction that decides: the step above, the source of an argument, the step depended on. */
  readonly instruction?: number;
  /** The variable, flag, mount, stage or image that is meant. */
  readonly subject?: string;
  /** What of the instruction the builder passes over without a word: `--parents`, `the heredoc EOF`. */
  readonly ignored?: string;
  /** How it was, and how it is. */
  readonly before?: string;
  readonly after?: string;
}

export type ReasonCode =
  // cached, likely
  | 'found'
  | 'found-in-image'
  // depends
  | 'stage-output'
  // rebuild
  | 'never-built'
  | 'text-changed'
  | 'argument-changed'
  | 'environment-changed'
  | 'user-changed'
  | 'directory-changed'
  | 'shell-changed'
  | 'network-changed'
  | 'mount-changed'
  | 'destination-changed'
  | 'flag-changed'
  | 'option-changed'
  | 'files-changed'
  | 'base-changed'
  | 'step-above'
  | 'not-cached-asked'
  | 'no-longer-listed'
  | 'order-changed'
  // stale
  | 'same-size-and-time'
  | 'not-compared'
  // unknown (build-cache.md §4.6)
  | 'base-not-asked'
  | 'list-not-readable'
  | 'remote-cache'
  | 'remote-source'
  | 'frontend-newer'
  | 'not-understood'
  | 'no-evidence'
  | 'evidence-not-readable'
  | 'not-shown'
  | 'changed-since'
  /** For the time being: an image's layers are being read. */
  | 'layers-being-read'
  | 'no-builder'
  | 'context-unreadable'
  | 'invalid'
  // no-step
  | 'metadata'
  | 'global-argument'
  | 'base'
  | 'root-directory'
  | 'stage-not-needed';

export interface PathDifference {
  /** Below the context, or in the stage that is copied from; escaped where it is not UTF-8. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'content' | 'mode' | 'link' | 'type' | 'owner';
}
