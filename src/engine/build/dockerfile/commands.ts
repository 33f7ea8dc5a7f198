import type { Instruction, Pair, Word } from './ast.ts';
import type { RunDevice } from './devices.ts';

/** What an instruction says, once its flags and arguments were checked. Nothing is expanded yet. */
export type Command =
  | FromCommand
  | ArgCommand
  | EnvCommand
  | LabelCommand
  | RunCommand
  | CopyCommand
  | WorkdirCommand
  | UserCommand
  | ShellCommand
  | OnbuildCommand
  | ConfigCommand;

interface CommandBase {
  readonly instruction: Instruction;
}

export interface FromCommand extends CommandBase {
  readonly kind: 'from';
  readonly image: Word;
  /** In lower case. */
  readonly stageName?: string;
  readonly platform?: Word;
}

export interface ArgCommand extends CommandBase {
  readonly kind: 'arg';
  readonly args: readonly ArgDeclaration[];
}

export interface ArgDeclaration {
  readonly key: string;
  /** Undefined when there is no `=`. */
  readonly value?: string;
  readonly word: Word;
}

export interface EnvCommand extends CommandBase {
  readonly kind: 'env';
  readonly pairs: readonly Pair[];
}

export interface LabelCommand extends CommandBase {
  readonly kind: 'label';
  readonly pairs: readonly Pair[];
}

export interface RunCommand extends CommandBase {
  readonly kind: 'run';
  /** Arguments of the exec form, or the whole line for a shell. */
  readonly commandLine: readonly string[];
  readonly isShell: boolean;
  /** The values of `--mount`. */
  readonly mounts: readonly Word[];
  readonly network: 'default' | 'none' | 'host';
  readonly isInsecure: boolean;
  readonly devices: readonly RunDevice[];
}

/** COPY and ADD. */
export interface CopyCommand extends CommandBase {
  readonly kind: 'copy' | 'add';
  readonly sources: readonly Word[];
  readonly inlineFiles: readonly InlineFile[];
  readonly destination: Word;
  /** A stage by name or number, or an image. */
  readonly from?: Word;
  readonly chown: string;
  readonly chmod: string;
  readonly isLinked: boolean;
  readonly keepsParents: boolean;
  readonly exclude: readonly string[];
  readonly checksum: string;
  /** Undefined when the flag is not there. */
  readonly keepsGitDirectory?: boolean;
  readonly isUnpacked?: boolean;
}

/** A heredoc that COPY or ADD takes for a file; tabs are taken off already where they should be. */
export interface InlineFile {
  readonly name: string;
  readonly content: string;
  readonly isExpanded: boolean;
}

export interface WorkdirCommand extends CommandBase {
  readonly kind: 'workdir';
  readonly path: Word;
}

export interface UserCommand extends CommandBase {
  readonly kind: 'user';
  readonly user: Word;
}

export interface ShellCommand extends CommandBase {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}

export interface OnbuildCommand extends CommandBase {
  readonly kind: 'onbuild';
  /** The trigger as a Dockerfile of one instruction: that is what a base image keeps. */
  readonly expression: string;
}

/** What only changes the image's config: no later step depends on it. */
export interface ConfigCommand extends CommandBase {
  readonly kind: 'cmd' | 'entrypoint' | 'expose' | 'healthcheck' | 'maintainer' | 'stopsignal' | 'volume';
}
