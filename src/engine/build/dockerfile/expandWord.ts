import { goQuote } from './goText.ts';
import { WordLexer } from './wordLexer.ts';
import type { SplitWord, Variables, WordRules } from './wordRules.ts';

/** What became of a word, and which variables it asked for: a change of any of them may change it. */
export interface Expansion {
  readonly text: string;
  /** Names that had a value, in the order of their first use. */
  readonly used: ReadonlySet<string>;
  /** Names that had none. */
  readonly unset: ReadonlySet<string>;
  /** Why BuildKit refuses the word, in its own words; `text` is empty then. */
  readonly failure?: string;
}

/** The word with its variables replaced and its quotes resolved: BuildKit's `ProcessWord`. */
export function expandWord(word: string, variables: Variables, rules: WordRules): Expansion {
  return read(new WordLexer(word, variables, rules), word);
}

/** As {@link expandWord}, and then split at blanks that are not quoted: BuildKit's `ProcessWords`. */
export function expandWords(
  word: string,
  variables: Variables,
  rules: WordRules,
): Expansion & { readonly words: readonly SplitWord[] } {
  const lexer = new WordLexer(word, variables, rules);
  const expansion = read(lexer, word);
  return { ...expansion, words: expansion.failure === undefined ? lexer.words : [] };
}

function read(lexer: WordLexer, word: string): Expansion {
  const { used, unset } = lexer;
  const text = lexer.read();
  if (text !== undefined) return { text, used, unset };
  return { text: '', used, unset, failure: `failed to process ${goQuote(word)}: ${lexer.failure}` };
}

/** Where no variable has a value. */
export const noVariables: Variables = { get: () => undefined };
