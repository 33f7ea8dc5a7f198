import type { DockerfileProblem } from './dockerfileProblem.ts';
import type { TextRange } from './textRange.ts';

export type { TextRange };

/** A piece of an instruction as BuildKit's parser hands it on: physical lines joined, quotes kept, nothing expanded. */
export interface Word {
  readonly text: string;
  readonly range: TextRange;
}

/** Physical lines as BuildKit counts them: from 1, ended by LF alone, both ends included. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** One Dockerfile, read to its end whatever is wrong with it. */
export interface Dockerfile {
  readonly text: string;
  /** Escapes characters and continues lines; set by the `escape` directive. */
  readonly escape: EscapeCharacter;
  readonly directives: readonly Directive[];
  /** In the order of the text, unknown and damaged ones included. */
  readonly instructions: readonly Instruction[];
  /** In the order in which they stand in the text. */
  readonly problems: readonly DockerfileProblem[];
}

export type EscapeCharacter = '\\' | '`';

/** A parser directive, `# syntax=docker/dockerfile:1`: they stand before everything else, each at most once. */
export interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  /** The whole line without its end. */
  readonly range: TextRange;
  readonly line: number;
}

export type DirectiveName = 'syntax' | 'escape' | 'check';

export type InstructionName =
  | 'ADD'
  | 'ARG'
  | 'CMD'
  | 'COPY'
  | 'ENTRYPOINT'
  | 'ENV'
  | 'EXPOSE'
  | 'FROM'
  | 'HEALTHCHECK'
  | 'LABEL'
  | 'MAINTAINER'
  | 'ONBUILD'
  | 'RUN'
  | 'SHELL'
  | 'STOPSIGNAL'
  | 'USER'
  | 'VOLUME'
  | 'WORKDIR';

/** One instruction as it is written. What it means is a `Command`; see `toCommand`. */
export interface Instruction {
  /** Undefined when the keyword is none that BuildKit knows. */
  readonly name: InstructionName | undefined;
  readonly keyword: Word;
  /** From the keyword to the end of the last line that belongs to it, heredocs and their terminators included. */
  readonly range: TextRange;
  readonly lines: LineSpan;
  /** The logical line that BuildKit parsed: physical lines joined, comments and empty lines between them left out. */
  readonly original: string;
  readonly flags: readonly FlagWord[];
  /** Whether the arguments are a JSON array of strings, so that no shell is put before them. */
  readonly isJson: boolean;
  /**
   * The arguments by the instruction's own grammar: words between blanks, strings of a JSON array, names with or without
   * a value (ARG), or the whole rest as one word. Empty for ENV and LABEL, which have `pairs`, and for ONBUILD.
   */
  readonly args: readonly Word[];
  readonly pairs: readonly Pair[];
  /** Bodies in the order of the words that announce them. */
  readonly heredocs: readonly Heredoc[];
  /** The instruction behind ONBUILD. */
  readonly trigger?: Instruction;
  /** The comment lines above, without `#` and blanks: descriptions of stages and arguments are found there. */
  readonly comments: readonly string[];
  /** Whether BuildKit refuses the file for what is wrong with the grammar of this instruction. */
  readonly isDamaged: boolean;
}

/** `--name` or `--name=value`, quotes and escapes resolved. */
export interface FlagWord extends Word {
  /** Without the dashes, as written. */
  readonly name: string;
  /** What stands behind the first `=`. */
  readonly value?: Word;
}

/** One `key=value` of ENV or LABEL, or the old form `key rest of the line`. */
export interface Pair {
  readonly key: Word;
  readonly value: Word;
  readonly isOldForm: boolean;
  readonly range: TextRange;
}

/** A here-document of RUN, COPY or ADD. */
export interface Heredoc {
  /** The delimiter without quotes, which COPY and ADD take for the name of the file. */
  readonly name: string;
  /** `<<EOF` with everything that belongs to the word. */
  readonly range: TextRange;
  /** The number before `<<`, 0 when there is none. */
  readonly fileDescriptor: number;
  /** Whether variables in the body are replaced: no part of the delimiter is quoted. */
  readonly isExpanded: boolean;
  /** `<<-`: tabs at the beginning of lines are taken away, by who uses the body. */
  readonly stripsTabs: boolean;
  /** The lines as they are, line ends included. */
  readonly content: string;
  readonly contentRange: TextRange;
  /** The line that ends it, without its line end; undefined when there is none. */
  readonly terminator?: TextRange;
}
