import type { Platform } from '../../oci/platform.ts';
import type { Instruction, TextRange } from '../dockerfile/ast.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import type { InlineFile } from '../dockerfile/commands.ts';
import type { RunDevice } from '../dockerfile/devices.ts';
import type { Mount } from '../dockerfile/mounts.ts';
import type { FileOwner } from '../operationKey/fileKey.ts';
import type { Environment } from './environment.ts';

/** What a build is asked for, and what is known of its base images. */
export interface PlanRequest {
  /** A stage by name, in any case; the last one when there is none. */
  readonly target?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** What stands for stages and images of these names: directories, `docker-image://…` and other places. */
  readonly namedContexts?: ReadonlyMap<string, string>;
  readonly platform: Platform;
  /** Of the machine that builds. */
  readonly buildPlatform: Platform;
  /** The config of an image by its full name, where it is known. A plan names those that it needs. */
  readonly baseImage: (name: string, platform: Platform) => BaseImage | undefined;
}

/** What of an image's config acts on the steps that are made on it. */
export interface BaseImage {
  readonly env: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  readonly shell: readonly string[];
  readonly onbuild: readonly string[];
  readonly hasLayers: boolean;
}

/** The operations of a build. */
export interface BuildPlan {
  /** In the order of the file, and after them what `--from` names that is none of them. */
  readonly stages: readonly PlannedStage[];
  /** The position of the stage that is asked for; undefined when there is none such. */
  readonly target: number | undefined;
  /** SOURCE_DATE_EPOCH as ARG lines before the first FROM have it. */
  readonly epoch?: string;
  /** Of the Dockerfile and of the plan. */
  readonly problems: readonly DockerfileProblem[];
}

export interface PlannedStage {
  /** The position in the plan. */
  readonly index: number;
  /** What rows of the progress call it; empty when there is only one. */
  readonly label: string;
  readonly from: StageBase;
  /** Whether the target depends on it: what is not needed is not built. */
  readonly isNeeded: boolean;
  readonly platform: Platform;
  /** Steps and metadata, in order, triggers of the base first. */
  readonly steps: readonly PlannedStep[];
  /** Whether an image's config would be needed to say more, and is not known. */
  readonly isBaseUnknown: boolean;
  /** A named context stands for the stage: what is written in it is not built. */
  readonly isReplaced: boolean;
}

export type StageBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly name: string }
  /** A named context that is no image. */
  | { readonly kind: 'context'; readonly name: string; readonly isDirectory: boolean };

/** What one instruction becomes. */
export interface PlannedStep {
  /** Of a trigger, the instruction that the base image keeps; its ranges are those of that text. */
  readonly instruction: Instruction;
  /** Where it stands in the file: a trigger stands where FROM stands. */
  readonly range: TextRange;
  readonly isTrigger: boolean;
  readonly operation: Operation;
  /** The row that the builder shows: `[build 2/5] RUN make`. Undefined for what has none. */
  readonly row?: string;
  /** Variables whose values went into it. */
  readonly variables: ReadonlySet<string>;
  /** What the instructions above left: words that make no operation are expanded with it. */
  readonly scope: StepScope;
}

export interface StepScope {
  readonly env: Environment;
  readonly shell: readonly string[];
}

export type Operation =
  | { readonly kind: 'from'; readonly base: StageBase }
  | RunStep
  | CopyStep
  | WorkdirStep
  /** No operation: it acts through later ones, or through the image's config alone. */
  | { readonly kind: 'metadata' };

export interface RunStep {
  readonly kind: 'run';
  readonly args: readonly string[];
  /** `NAME=value`, in BuildKit's order. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly network: 'default' | 'none' | 'host';
  readonly isInsecure: boolean;
  readonly devices: readonly RunDevice[];
  readonly mounts: readonly PlannedMount[];
  /** A heredoc that begins with `#!`: it is mounted below `/dev/pipes/` and started. */
  readonly script?: InlineFile;
}

/** A mount, and what it shows; undefined where it shows nothing of a stage or the context. */
export interface PlannedMount extends Mount {
  /** Absolute; of secrets and agents as it is written. */
  readonly target: string;
  readonly shows?: CopyOrigin;
}

/** Where files come from: the build context, or a stage of the plan. */
export type CopyOrigin = { readonly kind: 'context' } | { readonly kind: 'stage'; readonly index: number };

export interface CopyStep {
  readonly kind: 'copy' | 'add';
  readonly origin: CopyOrigin;
  readonly sources: readonly CopySource[];
  /** Absolute, with its `/` at the end when one is written. */
  readonly destination: string;
  readonly owner?: FileOwner;
  /** Permission bits, or a change of them such as `u+x`. */
  readonly mode?: number | string;
  readonly exclude: readonly string[];
  readonly isLinked: boolean;
  readonly checksum: string;
}

/** One source, in BuildKit's order: paths, URLs and repositories as written, then heredocs. */
export type CopySource =
  | {
      readonly kind: 'path';
      /** Absolute below the origin, cleaned. */
      readonly path: string;
      /** `--parents`: what of it, and what must be there. */
      readonly include?: readonly string[];
      readonly required?: readonly string[];
      readonly isUnpacked: boolean;
    }
  | { readonly kind: 'url'; readonly url: string; readonly fileName: string; readonly isUnpacked: boolean }
  | { readonly kind: 'git'; readonly reference: string; readonly keepsGitDirectory: boolean }
  | { readonly kind: 'heredoc'; readonly name: string; readonly content: string };

export interface WorkdirStep {
  readonly kind: 'workdir';
  /** Absolute. `/` makes no operation, but has a number. */
  readonly path: string;
  readonly owner?: FileOwner;
}
