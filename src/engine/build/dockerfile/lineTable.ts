/** Where an offset stands. */
export interface TextPosition {
  /** From 1. */
  readonly line: number;
  /** From 0, in UTF-16 code units, as VS Code counts columns. */
  readonly character: number;
  /** From 0, in bytes of UTF-8, as Go counts. */
  readonly byte: number;
}

/** A physical line: what it says, and what of it is its end. */
export interface PhysicalLine {
  /** From 1. */
  readonly number: number;
  readonly start: number;
  /** Where the text ends: before the line end, and before every CR in front of that. */
  readonly end: number;
  /** Where the next line starts. */
  readonly next: number;
}

/** The lines of a text as Go's scanner finds them: ended by LF alone, none after the last LF. */
export class LineTable {
  readonly #text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#starts = lineStarts(text);
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The line of that number, from 1; undefined behind the last. */
  line(number: number): PhysicalLine | undefined {
    const start = this.#starts[number - 1];
    if (start === undefined) return undefined;
    const next = this.#starts[number] ?? this.#text.length;
    return { number, start, end: this.#contentEnd(start, next), next };
  }

  positionAt(offset: number): TextPosition {
    const line = this.#lineOf(offset);
    const start = this.#starts[line - 1] ?? 0;
    return {
      line,
      character: offset - start,
      byte: Buffer.byteLength(this.#text.slice(start, offset)),
    };
  }

  #contentEnd(start: number, next: number): number {
    let end = next;
    while (end > start && isLineEnd(this.#text.charCodeAt(end - 1))) end--;
    return end;
  }

  /** The last line that starts at or before the offset. */
  #lineOf(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(1, low);
  }
}

function isLineEnd(code: number): boolean {
  return code === 0x0a || code === 0x0d;
}

function lineStarts(text: string): readonly number[] {
  const starts: number[] = [];
  for (let start = 0; start < text.length;) {
    starts.push(start);
    const end = text.indexOf('\n', start);
    start = end < 0 ? text.length : end + 1;
  }
  return starts;
}
