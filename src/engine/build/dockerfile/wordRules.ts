import type { EscapeCharacter, TextRange } from './ast.ts';

/** The variables that a word may name. */
export interface Variables {
  get(name: string): string | undefined;
}

/** What may still be spent on the words of one file: characters put in and compared. Hostile ones would take hours. */
export interface Effort {
  left: number;
}

/** How a word is read; BuildKit has a handful of settings for its several uses. */
export interface WordRules {
  readonly escape: EscapeCharacter;
  /** Quotes stay in the result. */
  readonly keepsQuotes?: boolean;
  /** Escape characters stay in the result. */
  readonly keepsEscapes?: boolean;
  /** Quotes are ordinary characters: the rule for bodies of heredocs. */
  readonly ignoresQuotes?: boolean;
  /** A name without a value stays as it is written, instead of becoming nothing. */
  readonly keepsUnset?: boolean;
  /** Shared by the words of a file; each has its own limits besides. */
  readonly effort?: Effort | undefined;
}

/** A piece between blanks, and where it stood in the source; what came out of a variable stands where that stood. */
export interface SplitWord extends TextRange {
  readonly text: string;
}
