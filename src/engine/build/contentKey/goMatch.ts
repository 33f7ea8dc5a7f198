/**
 * Whether a pattern of Go's `path.Match` fits a whole text: `*` and `?` stand for anything but `/`, `[a-c]` and `[^a-c]`
 * for one character, `\` takes the next one as it is. Takes time in proportion to both lengths multiplied at most.
 */
export function goMatch(pattern: string, text: string): boolean {
  const parts = parse(pattern);
  if (parts === undefined) return false;
  const characters = Array.from(text);
  let [at, part] = [0, 0];
  let retry: { readonly part: number; at: number } | undefined;
  while (at < characters.length) {
    const wanted = parts[part];
    if (wanted === 'star') {
      retry = { part: ++part, at };
    } else if (wanted?.(characters[at] ?? '') === true) {
      at++;
      part++;
    } else if (retry !== undefined && characters[retry.at] !== '/') {
      at = ++retry.at;
      part = retry.part;
    } else return false;
  }
  return parts.slice(part).every((left) => left === 'star');
}

/** Whether the text is a pattern at all: brackets are closed and not empty, and the last `\` has something to take. */
export function isGoPattern(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whether a path has anything in it that stands for other characters. */
export function hasWildcard(path: string): boolean {
  return /[*?[]/.test(path.replace(/\\./gs, ''));
}

type Part = 'star' | ((character: string) => boolean);

/** Undefined when the pattern is none; such a pattern fits nothing. */
function parse(pattern: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  const rest = Array.from(pattern).reverse();
  for (let character = rest.pop(); character !== undefined; character = rest.pop()) {
    if (character === '*') parts.push('star');
    else if (character === '?') parts.push((one) => one !== '/');
    else if (character === '[') {
      const set = parseSet(rest);
      if (set === undefined) return undefined;
      parts.push(set);
    } else {
      const literal = character === '\\' ? rest.pop() : character;
      if (literal === undefined) return undefined;
      parts.push((one) => one === literal);
    }
  }
  return parts;
}

/** @param rest what follows the `[`, last character first. */
function parseSet(rest: string[]): ((character: string) => boolean) | undefined {
  const isNegated = rest.at(-1) === '^';
  if (isNegated) rest.pop();
  const ranges: (readonly [string, string])[] = [];
  while (rest.at(-1) !== ']' || ranges.length === 0) {
    const low = literalOf(rest);
    if (low === undefined) return undefined;
    if (rest.at(-1) === '-') rest.pop();
    else {
      ranges.push([low, low]);
      continue;
    }
    const high = literalOf(rest);
    if (high === undefined) return undefined;
    ranges.push([low, high]);
  }
  rest.pop();
  const isIn = (one: string): boolean =>
    ranges.some(([low, high]) => codeOf(low) <= codeOf(one) && codeOf(one) <= codeOf(high));
  return (one) => isIn(one) !== isNegated;
}

function literalOf(rest: string[]): string | undefined {
  const character = rest.pop();
  if (character === undefined || character === '-' || character === ']') return undefined;
  return character === '\\' ? rest.pop() : character;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
