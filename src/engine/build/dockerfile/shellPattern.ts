/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `?` is one character, `*` any number, neither of them a line end.
 * They match as BuildKit's do, which makes regular expressions of them for Go's engine: leftmost first, and in time that
 * grows with pattern × text at most.
 */
export type ShellPattern = readonly PatternToken[];

type PatternToken =
  | { readonly kind: 'character'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star'; readonly isGreedy: boolean };

/** What is wrong with a pattern, in BuildKit's words, or the pattern. */
export type ParsedPattern = { readonly pattern: ShellPattern } | { readonly failure: string };

/** Parses a pattern; in it the backslash escapes, whatever the file's escape character is. */
export function parseShellPattern(characters: readonly string[], isGreedy: boolean): ParsedPattern {
  const pattern: PatternToken[] = [];
  for (let at = 0; at < characters.length; at++) {
    const text = characters[at] ?? '';
    if (text === '*') pattern.push({ kind: 'star', isGreedy });
    else if (text === '?') pattern.push({ kind: 'any' });
    else if (text !== '\\') pattern.push({ kind: 'character', text });
    else if (!isSubstitutionMark(characters[at + 1])) {
      const escaped = characters[++at] ?? '\uFFFD';
      if (!escapable.has(escaped)) return { failure: `invalid escape '\\${escaped}'` };
      pattern.push({ kind: 'character', text: escaped });
    }
  }
  return { pattern };
}

/** `}` and `/` are escaped for the substitution's sake; the backslash is no part of the pattern. */
function isSubstitutionMark(character: string | undefined): boolean {
  return character === '}' || character === '/';
}

const escapable = new Set(['*', '?', '\\']);

/** Larger searches are given up: nobody writes them, and a table of this many cells is held while searching. */
const maxCells = 1 << 22;

/** Whether a search is small enough to be made. */
export function isSearchable(pattern: ShellPattern, text: readonly string[]): boolean {
  return (pattern.length + 1) * (text.length + 1) <= maxCells;
}

/** Finds matches of one pattern in one text: a table says once from where the rest of the pattern can match. */
export class PatternSearch {
  readonly #pattern: ShellPattern;
  readonly #text: readonly string[];
  readonly #width: number;
  readonly #canMatch: Uint8Array;

  constructor(pattern: ShellPattern, text: readonly string[]) {
    this.#pattern = pattern;
    this.#text = text;
    this.#width = text.length + 1;
    this.#canMatch = new Uint8Array((pattern.length + 1) * this.#width);
    this.#canMatch.fill(1, pattern.length * this.#width);
    for (let token = pattern.length - 1; token >= 0; token--) this.#fillRow(token);
  }

  /** The end of the match that starts exactly there; undefined when none does. */
  matchAt(start: number): number | undefined {
    if (!this.#can(0, start)) return undefined;
    let at = start;
    for (const [index, token] of this.#pattern.entries()) {
      if (token.kind !== 'star') at++;
      else at = token.isGreedy ? this.#longest(index, at) : this.#shortest(index, at);
    }
    return at;
  }

  /** The first match that starts there or later. */
  find(from: number): { readonly start: number; readonly end: number } | undefined {
    for (let start = from; start <= this.#text.length; start++) {
      const end = this.matchAt(start);
      if (end !== undefined) return { start, end };
    }
    return undefined;
  }

  #fillRow(token: number): void {
    for (let at = this.#text.length; at >= 0; at--)
      this.#canMatch[token * this.#width + at] = this.#canStart(token, at) ? 1 : 0;
  }

  #canStart(index: number, at: number): boolean {
    const token = this.#pattern[index];
    if (token === undefined) return true;
    if (token.kind === 'star') return this.#can(index + 1, at) || this.#canTake(index, at);
    const fits = token.kind === 'any' ? this.#isAny(at) : this.#text[at] === token.text;
    return fits && this.#can(index + 1, at + 1);
  }

  #longest(star: number, from: number): number {
    let at = from;
    while (this.#canTake(star, at)) at++;
    return at;
  }

  #shortest(star: number, from: number): number {
    let at = from;
    while (!this.#can(star + 1, at)) at++;
    return at;
  }

  /** Whether the star can take one more character and the rest still match. */
  #canTake(star: number, at: number): boolean {
    return this.#isAny(at) && this.#can(star, at + 1);
  }

  #isAny(at: number): boolean {
    return at < this.#text.length && this.#text[at] !== '\n';
  }

  #can(token: number, at: number): boolean {
    return at < this.#width && this.#canMatch[token * this.#width + at] === 1;
  }
}
