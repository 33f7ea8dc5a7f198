import type { TextRange, Word } from './ast.ts';

/** The instruction's physical lines put together, and where each part of it stood in the file. */
export class LogicalLine {
  readonly text: string;
  readonly #parts: readonly LinePart[];

  constructor(source: string, parts: readonly TextRange[]) {
    const [first] = parts;
    this.#parts = placed(parts);
    this.text =
      parts.length === 1 && first !== undefined
        ? source.slice(first.start, first.end)
        : parts.map(({ start, end }) => source.slice(start, end)).join('');
  }

  /** Where `[start, end)` of the logical line stands in the file. */
  rangeOf(start: number, end: number): TextRange {
    const from = this.#toSource(start);
    return { start: from, end: end > start ? this.#toSource(end - 1) + 1 : from };
  }

  /** `[start, end)` as a word. */
  word(start: number, end: number): Word {
    return { text: this.text.slice(start, end), range: this.rangeOf(start, end) };
  }

  #toSource(offset: number): number {
    let [low, high] = [0, this.#parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#parts[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const part = this.#parts[low] ?? { at: 0, source: 0 };
    return part.source + offset - part.at;
  }
}

interface LinePart {
  /** Where it starts in the logical line. */
  readonly at: number;
  /** Where it starts in the file. */
  readonly source: number;
}

/** Parts without characters hold no offset; the first stands for a line that has none. */
function placed(parts: readonly TextRange[]): readonly LinePart[] {
  const places: LinePart[] = [];
  let at = 0;
  for (const { start, end } of parts) {
    if (end > start || places.length === 0) places.push({ at, source: start });
    at += end - start;
  }
  return places;
}
