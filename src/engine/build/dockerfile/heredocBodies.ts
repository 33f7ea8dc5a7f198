import type { Heredoc } from './ast.ts';
import type { HeredocWord } from './heredocWords.ts';
import type { LineTable, PhysicalLine } from './lineTable.ts';

/** A body, and the number of the line behind it. */
type HeredocBody = Pick<Heredoc, 'content' | 'contentRange' | 'terminator'> & { readonly next: number };

/** Finds where heredocs end. All lines are looked up in one table, so that many open heredocs cost no more than one. */
export class HeredocBodies {
  readonly #text: string;
  readonly #lines: LineTable;
  #numbers: ReadonlyMap<string, readonly number[]> | undefined;
  #untabbedNumbers: ReadonlyMap<string, readonly number[]> | undefined;

  constructor(text: string, lines: LineTable) {
    this.#text = text;
    this.#lines = lines;
  }

  /** The body that starts with that line. Without a terminator it ends before the next line that begins like an instruction. */
  read({ name, stripsTabs }: HeredocWord, first: number): HeredocBody {
    const terminator = this.#lines.line(this.#terminatorAfter(name, stripsTabs, first) ?? 0);
    const next = terminator === undefined ? this.#instructionAfter(first) : terminator.number + 1;
    const start = this.#startOf(first);
    const end = terminator?.start ?? this.#startOf(next);
    return {
      content: this.#text.slice(start, end),
      contentRange: { start, end },
      ...(terminator !== undefined && { terminator: { start: terminator.start, end: terminator.end } }),
      next,
    };
  }

  #startOf(number: number): number {
    return this.#lines.line(number)?.start ?? this.#text.length;
  }

  #terminatorAfter(name: string, stripsTabs: boolean, first: number): number | undefined {
    const numbers = stripsTabs
      ? (this.#untabbedNumbers ??= this.#index((line) => withoutTabs(this.#contentOf(line))))
      : (this.#numbers ??= this.#index((line) => this.#contentOf(line)));
    return firstFrom(numbers.get(name) ?? [], first);
  }

  #index(keyOf: (line: PhysicalLine) => string): ReadonlyMap<string, readonly number[]> {
    const index = new Map<string, number[]>();
    for (let number = 1; number <= this.#lines.count; number++) {
      const line = this.#lines.line(number);
      if (line === undefined) break;
      const key = keyOf(line);
      const numbers = index.get(key);
      if (numbers === undefined) index.set(key, [number]);
      else numbers.push(number);
    }
    return index;
  }

  #contentOf({ start, end }: PhysicalLine): string {
    return this.#text.slice(start, end);
  }

  #instructionAfter(first: number): number {
    for (let number = first; number <= this.#lines.count; number++) {
      instructionStart.lastIndex = this.#startOf(number);
      if (instructionStart.test(this.#text)) return number;
    }
    return Math.max(first, this.#lines.count + 1);
  }
}

function withoutTabs(line: string): string {
  let start = 0;
  while (line.charAt(start) === '\t') start++;
  return line.slice(start);
}

/** The first of ascending numbers that is no less. */
function firstFrom(numbers: readonly number[], least: number): number | undefined {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return numbers[low];
}

const instructionStart =
  /(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)[ \t]/y;
