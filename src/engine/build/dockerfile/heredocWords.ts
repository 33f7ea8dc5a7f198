import { expandWords, noVariables } from './expandWord.ts';
import type { Heredoc, TextRange } from './ast.ts';
import type { WordRules } from './wordRules.ts';

/** What a word such as `3<<-'EOF'` announces; its body is not read yet. */
export type HeredocWord = Pick<Heredoc, 'name' | 'fileDescriptor' | 'isExpanded' | 'stripsTabs'>;

/** A heredoc's word, no such word, or one that BuildKit refuses, in its words. */
export type ParsedHeredoc =
  | { readonly kind: 'heredoc'; readonly heredoc: HeredocWord }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly failure: string };

/** Here the backslash escapes, whatever the file's escape character is. */
const rules: WordRules = { escape: '\\', keepsUnset: true };

/** The words of a line that announce heredocs, and those that are refused. A line that cannot be split has none. */
export function findHeredocs(
  line: string,
): readonly { readonly range: TextRange; readonly parsed: ParsedHeredoc }[] {
  const { words } = expandWords(line, noVariables, { ...rules, keepsQuotes: true, keepsEscapes: true });
  return words
    .filter(({ text }) => text.includes('<<'))
    .map(({ text, start, end }) => ({ range: { start, end }, parsed: parseHeredocWord(text) }))
    .filter(({ parsed }) => parsed.kind !== 'none');
}

/** Parses one word: digits, `<<`, `-`, blanks, and a delimiter without `<`. */
export function parseHeredocWord(word: string): ParsedHeredoc {
  const [, digits = '', dash = '', delimiter = ''] = heredocGrammar.exec(word) ?? [];
  if (delimiter === '') return none;
  const plain = expandWords(delimiter, noVariables, rules);
  if (plain.failure !== undefined) return { kind: 'refused', failure: plain.failure };
  const [name] = plain.words;
  if (name === undefined || plain.words.length !== 1) return none;
  const quoted = expandWords(delimiter, noVariables, { ...rules, keepsQuotes: true });
  const [raw] = quoted.words;
  if (raw === undefined || quoted.words.length !== 1)
    return { kind: 'refused', failure: inconsistent(delimiter) };
  const heredoc = {
    name: name.text,
    fileDescriptor: toDescriptor(digits),
    isExpanded: quoteCount(name.text) === quoteCount(raw.text),
    stripsTabs: dash === '-',
  };
  return { kind: 'heredoc', heredoc };
}

const none: ParsedHeredoc = { kind: 'none' };

/** The blanks are those of Go's `\s`. */
const heredocGrammar = /^([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)$/;

function inconsistent(delimiter: string): string {
  return `internal lexing of heredoc produced inconsistent results: ${delimiter}`;
}

/** Quotes that are gone were quotes of the delimiter, so the body is taken as it is. */
function quoteCount(text: string): number {
  return text.replace(/[^'"]/g, '').length;
}

/** As Go's `ParseUint`, whose error is passed over: too large a number is the largest. */
function toDescriptor(digits: string): number {
  return digits === '' ? 0 : Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
