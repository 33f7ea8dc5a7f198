/** One challenge of `WWW-Authenticate` (RFC 9110, 11.6.1). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** By lower-case name; the first of a name counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What is longer, or has more, is not read further. */
const maxLength = 16 * 1024;
const maxChallenges = 16;
const maxParameters = 32;

/**
 * Reads the challenges of one or several `WWW-Authenticate` headers. Several may stand in one header, apart by commas as
 * their parameters are. What is not well-formed ends the reading of that header; what was read before it counts.
 * Takes time in proportion to the text.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => [...challengesOf(header.slice(0, maxLength))]).slice(0, maxChallenges);
}

function* challengesOf(text: string): Generator<Challenge> {
  const cursor = new Cursor(text);
  while (cursor.skipSeparators()) {
    const scheme = cursor.token();
    if (scheme === undefined) return;
    const parameters = new Map<string, string>();
    // A blob such as Negotiate's stands where parameters would.
    const isWhole = cursor.skipToken68() || readParameters(cursor, parameters);
    yield { scheme: scheme.toLowerCase(), parameters };
    if (!isWhole) return;
  }
}

/** Reads parameters up to the next scheme or the end. Returns false when the text is malformed. */
function readParameters(cursor: Cursor, parameters: Map<string, string>): boolean {
  for (let count = 0; count < maxParameters; count++) {
    const start = cursor.position;
    if (!cursor.skipSeparators()) return true;
    const name = cursor.token();
    if (name === undefined) return false;
    if (!cursor.skipEquals()) {
      // Not a parameter: the next challenge begins here.
      cursor.position = start;
      return true;
    }
    const value = cursor.value();
    if (value === undefined) return false;
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value);
  }
  return false;
}

class Cursor {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Skips blanks and commas. Returns whether something follows. */
  skipSeparators(): boolean {
    this.#match(/[ \t,]*/y);
    return this.position < this.#text.length;
  }

  token(): string | undefined {
    return this.#match(/[!#$%&'*+.^_`|~0-9A-Za-z-]+/y);
  }

  /** Skips a blank and a `token68`, if one stands here alone. */
  skipToken68(): boolean {
    return this.#match(/[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y) !== undefined;
  }

  skipEquals(): boolean {
    return this.#match(/[ \t]*=[ \t]*/y) !== undefined;
  }

  value(): string | undefined {
    if (this.#text[this.position] !== '"') return this.token();
    const quoted = this.#match(/"(?:[^"\\]|\\[^])*"/y);
    return quoted?.slice(1, -1).replace(/\\([^])/g, '$1');
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.position += match.length;
    return match;
  }
}
