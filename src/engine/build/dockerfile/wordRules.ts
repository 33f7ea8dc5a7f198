import type { EscapeCharacter, TextRange } from './ast.ts';

/** The variables that a word may name. */
export interface Variables {
  get(name: string): string | undefined;
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
}

/** A piece between blanks, and where it stood in the source; what came out of a variable stands where that stood. */
export interface SplitWord extends TextRange {
  readonly text: string;
}
