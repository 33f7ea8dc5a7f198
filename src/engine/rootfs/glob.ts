/**
 * A glob over one name: `*`, `?`, `[abc]`, `[a-z]`, `[!a]`, and `\` before a character that is meant as it is. An own
 * matcher, because a pattern from outside must not become a RegExp: it goes back to the last star only, so that time is
 * bounded by the product of the lengths.
 */
export class NameGlob {
  readonly #steps: readonly Step[];

  constructor(pattern: string) {
    this.#steps = parseSteps(Array.from(pattern));
  }

  matches(name: string): boolean {
    const steps = this.#steps;
    const characters = isAscii(name) ? name : Array.from(name);
    let [step, at] = [0, 0];
    // Where to go on when what follows the last star does not fit: the star takes one character more.
    let [afterStar, starEnd] = [-1, 0];
    while (at < characters.length || step < steps.length) {
      const next = steps[step];
      if (next === 'star') {
        step++;
        [afterStar, starEnd] = [step, at];
      } else if (next !== undefined && at < characters.length && next(characters[at] ?? '')) {
        step++;
        at++;
      } else if (afterStar >= 0 && starEnd < characters.length) {
        starEnd++;
        [step, at] = [afterStar, starEnd];
      } else return false;
    }
    return true;
  }
}

/** A glob over a path: names between slashes, and `**` for any number of directories, none included. */
export class PathGlob {
  /** Undefined for `**`. */
  readonly #names: readonly (NameGlob | undefined)[];

  constructor(pattern: string) {
    const names = pattern.split('/').filter((name) => name !== '');
    this.#names = names.map((name) => (name === '**' ? undefined : new NameGlob(name)));
  }

  /** @param path names from the root down. */
  matches(path: readonly string[]): boolean {
    const names = this.#names;
    let [step, at] = [0, 0];
    let [afterStars, starsEnd] = [-1, 0];
    while (at < path.length || step < names.length) {
      const next = names[step];
      if (step < names.length && next === undefined) {
        step++;
        [afterStars, starsEnd] = [step, at];
      } else if (next !== undefined && at < path.length && next.matches(path[at] ?? '')) {
        step++;
        at++;
      } else if (afterStars >= 0 && starsEnd < path.length) {
        starsEnd++;
        [step, at] = [afterStars, starsEnd];
      } else return false;
    }
    return true;
  }
}

/** A star, or whether one character fits. */
type Step = 'star' | ((character: string) => boolean);

function parseSteps(pattern: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length;) {
    const { step, end } = parseStep(pattern, at);
    if (step !== 'star' || steps.at(-1) !== 'star') steps.push(step);
    at = end;
  }
  return steps;
}

interface ParsedStep {
  readonly step: Step;
  readonly end: number;
}

function parseStep(pattern: readonly string[], at: number): ParsedStep {
  const character = pattern[at] ?? '';
  if (character === '*') return { step: 'star', end: at + 1 };
  if (character === '?') return { step: () => true, end: at + 1 };
  if (character === '[') return parseSet(pattern, at) ?? literal(character, at + 1);
  const escaped = character === '\\' ? pattern[at + 1] : undefined;
  return escaped === undefined ? literal(character, at + 1) : literal(escaped, at + 2);
}

function literal(character: string, end: number): ParsedStep {
  return { step: (each) => each === character, end };
}

/** Undefined when the bracket is never closed, and so is meant as it is. */
function parseSet(pattern: readonly string[], at: number): ParsedStep | undefined {
  const isNegated = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  const start = at + (isNegated ? 2 : 1);
  // A closing bracket that comes first is a member.
  const close = pattern.indexOf(']', start + 1);
  if (close < 0) return undefined;
  const ranges = parseRanges(pattern.slice(start, close));
  return { step: (each) => isInRanges(ranges, each) !== isNegated, end: close + 1 };
}

type Range = readonly [first: number, last: number];

function parseRanges(members: readonly string[]): readonly Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < members.length; at++) {
    const first = codeOf(members[at]);
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([first, isRange ? codeOf(members[at + 2]) : first]);
    if (isRange) at += 2;
  }
  return ranges;
}

function isInRanges(ranges: readonly Range[], character: string): boolean {
  const code = codeOf(character);
  return ranges.some(([first, last]) => code >= first && code <= last);
}

function codeOf(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- plain ASCII is the common case and needs no taking apart.
  return /^[\x00-\x7f]*$/.test(text);
}
