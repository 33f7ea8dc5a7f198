import { skipSpaces } from './goText.ts';

/** One string of an array, and where it stands with its quotes. */
export interface JsonWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What stands where a JSON array of strings may stand. */
export type JsonWords =
  | { readonly kind: 'words'; readonly words: readonly JsonWord[] }
  /** Something else than JSON: BuildKit then reads it as it is. */
  | { readonly kind: 'other' }
  /** An array of JSON, but not of strings alone: BuildKit refuses the file. */
  | { readonly kind: 'not-strings' };

/** Reads `[start, end)` as BuildKit reads the exec form. */
export function readJsonWords(text: string, start: number, end: number): JsonWords {
  const from = skipSpaces(text, start, end);
  if (text.charAt(from) !== '[' || from >= end) return other;
  const value = tryParse(text.slice(from, end));
  if (!Array.isArray(value)) return other;
  if (!value.every((each) => typeof each === 'string')) return { kind: 'not-strings' };
  return { kind: 'words', words: placeStrings(text, from, end, value) };
}

const other: JsonWords = { kind: 'other' };

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only strings, commas, brackets and blanks are there, so every quote begins or ends a string. */
function placeStrings(
  text: string,
  start: number,
  end: number,
  values: readonly string[],
): readonly JsonWord[] {
  let at = start;
  return values.map((value) => {
    const open = text.indexOf('"', at);
    at = stringEnd(text, open + 1, end);
    return { text: wellFormed(value), start: open, end: at };
  });
}

function stringEnd(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at + 1;
}

/** Go has no half surrogate pairs: what an escape makes of one is the replacement character. */
function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');
}
