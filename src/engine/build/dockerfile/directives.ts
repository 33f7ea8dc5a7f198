import type { Directive, DirectiveName } from './ast.ts';
import type { PhysicalLine } from './lineTable.ts';
import { skipSpaces } from './goText.ts';

/** What a line at the top of the file is: a directive, one that was there before, or the end of the directives. */
type DirectiveLine =
  | { readonly kind: 'directive'; readonly directive: Directive }
  | { readonly kind: 'repeated'; readonly name: DirectiveName }
  | { readonly kind: 'none' };

/** Reads parser directives line by line: they end with the first line that is none (BuildKit, `DirectiveParser`). */
export class DirectiveReader {
  readonly #text: string;
  readonly #mark: string;
  readonly #seen = new Set<DirectiveName>();
  #isDone = false;

  /** @param mark what begins such a line: `#`, and `//` when the syntax is looked for. */
  constructor(text: string, mark: '#' | '//') {
    this.#text = text;
    this.#mark = mark;
  }

  /** @param start where the line begins: its blanks may have been passed over. */
  read(line: PhysicalLine, start: number): DirectiveLine {
    if (this.#isDone) return none;
    const found = this.#parse(start, line.end);
    this.#isDone = found === undefined;
    if (found === undefined) return none;
    if (this.#seen.has(found.name)) return { kind: 'repeated', name: found.name };
    this.#seen.add(found.name);
    const range = { start, end: line.end };
    return { kind: 'directive', directive: { ...found, range, line: line.number } };
  }

  #parse(start: number, end: number): Pick<Directive, 'name' | 'value'> | undefined {
    if (!this.#text.startsWith(this.#mark, start)) return undefined;
    const nameStart = skipSpaces(this.#text, start + this.#mark.length, end);
    nameGrammar.lastIndex = nameStart;
    const written = nameGrammar.exec(this.#text)?.[0] ?? '';
    const name = names.get(written.toLowerCase());
    const equals = this.#skipBlanks(nameStart + written.length, end);
    if (name === undefined || this.#text.charAt(equals) !== '=') return undefined;
    const value = this.#valueOf(equals + 1, end);
    return value === undefined ? undefined : { name, value };
  }

  /** Without the blanks around it; of blanks alone the last one is the value, as BuildKit's pattern has it. */
  #valueOf(from: number, end: number): string | undefined {
    const start = this.#skipBlanks(from, end);
    if (start === end) return end > from ? this.#text.slice(end - 1, end) : undefined;
    let last = end;
    while (isBlank(this.#text.charAt(last - 1))) last--;
    return this.#text.slice(start, last);
  }

  #skipBlanks(from: number, end: number): number {
    let at = from;
    while (at < end && isBlank(this.#text.charAt(at))) at++;
    return at;
  }
}

const none: DirectiveLine = { kind: 'none' };

const names = new Map<string, DirectiveName>([
  ['syntax', 'syntax'],
  ['escape', 'escape'],
  ['check', 'check'],
]);

const nameGrammar = /[a-zA-Z][a-zA-Z0-9]*/y;

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\f' || character === '\r';
}
