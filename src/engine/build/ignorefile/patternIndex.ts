/** Finds among thousands of patterns the few that may match a path: by the text that all they match ends with. */
export class PatternIndex {
  /** By the length of that text, and by the text itself: places of patterns, in ascending order. */
  readonly #byLength = new Map<number, Map<string, number[]>>();

  /** @param endings what every path that a pattern matches ends with, by pattern; empty where that may be anything. */
  constructor(endings: readonly string[]) {
    for (const [at, ending] of endings.entries()) {
      const alike = this.#byLength.get(ending.length) ?? new Map<string, number[]>();
      this.#byLength.set(ending.length, alike);
      const places = alike.get(ending);
      if (places === undefined) alike.set(ending, [at]);
      else places.push(at);
    }
  }

  /** Places of patterns, in ascending order. */
  candidates(path: string): readonly number[] {
    let found: readonly number[] = [];
    for (const [length, alike] of this.#byLength) {
      const places = length > path.length ? undefined : alike.get(path.slice(path.length - length));
      if (places !== undefined) found = found.length === 0 ? places : [...found, ...places].sort(ascending);
    }
    return found;
  }
}

function ascending(one: number, other: number): number {
  return one - other;
}
