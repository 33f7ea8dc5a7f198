/** A pattern's form, by what is cheapest to compare. */
export type PatternForm =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  /** `**‌/x` is also `x` itself. */
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly ends: LiteralEnds };

/** What every path that matches begins and ends with. */
export interface LiteralEnds {
  readonly first: string;
  readonly last: string;
}

/**
 * What moby's patternmatcher makes of a cleaned pattern. `*` and `?` become expressions even between brackets, and `^`
 * is never escaped: patterns with these mean something odd, and mean it here too.
 */
export function formOf(pattern: string): PatternForm {
  const characters = Array.from(pattern);
  let kind: PatternForm['kind'] = 'exact';
  let source = '^';
  const ends = new EndsReader();
  for (let [at, turn] = [0, 0]; at < characters.length; at++, turn++) {
    const character = characters[at] ?? '';
    if (character === '*' && characters[at + 1] === '*') {
      at += characters[at + 2] === '/' ? 2 : 1;
      const isLast = at + 1 >= characters.length;
      if (isLast && kind === 'exact') kind = 'prefix';
      else {
        source += isLast ? '.*' : '(.*/)?';
        kind = 'expression';
      }
      if (turn === 0) kind = 'suffix';
      ends.addOpen();
    } else if (isWild(character)) {
      ends.addOpen();
      source += wild.get(character) ?? character;
      kind = 'expression';
    } else if (character === '\\') {
      const next = characters[++at];
      source += `\\${next ?? ''}`;
      ends.addOpen();
      if (next !== undefined) kind = 'expression';
    } else {
      source += escaped.has(character) ? `\\${character}` : character;
      if (character === '^') ends.addOpen();
      else ends.addLiteral(character);
    }
  }
  if (kind === 'expression') return { kind, source: `${source}$`, ends: ends.read() };
  if (kind === 'prefix') return { kind, text: pattern.slice(0, -2) };
  return { kind, text: kind === 'suffix' ? pattern.slice(2) : pattern };
}

/** Takes down what stands before the first and behind the last place that may be several texts. */
class EndsReader {
  #first: string | undefined;
  #last = '';

  addLiteral(character: string): void {
    this.#last += character;
  }

  addOpen(): void {
    this.#first ??= this.#last;
    this.#last = '';
  }

  read(): LiteralEnds {
    return { first: this.#first ?? this.#last, last: this.#last };
  }
}

function isWild(character: string): boolean {
  return character === '*' || character === '?' || character === '[' || character === ']';
}

const wild = new Map([
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

const escaped = new Set('.+()|{}$');
