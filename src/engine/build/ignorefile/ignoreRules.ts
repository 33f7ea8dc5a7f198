import { type IgnorePattern, parseIgnorePattern } from './ignorePattern.ts';

/** What the patterns of an ignore file leave out of a context. Paths are relative, with `/` between names. */
export interface IgnoreRules {
  isIgnored(path: string): boolean;
  /** Of an ignored directory: nothing in it can be wanted, so that it need not be walked. */
  isSkipped(directory: string): boolean;
}

/** Rules, or which pattern makes builders refuse the whole ignore file, and why. */
export type ParsedRules =
  | { readonly kind: 'rules'; readonly rules: IgnoreRules }
  | { readonly kind: 'refused'; readonly index: number; readonly failure: string };

/**
 * The rules of these patterns, in their order: the last one that matches a path or a directory above it decides. As the
 * client's walk has it (patternmatcher, `MatchesUsingParentResults`): a pattern that would not have changed anything for
 * a directory is not remembered for what is in it.
 */
export function ignoreRules(patterns: readonly string[]): ParsedRules {
  const parsed: IgnorePattern[] = [];
  for (const [index, text] of patterns.entries()) {
    const one = parseIgnorePattern(text);
    if (one.kind === 'refused') return { kind: 'refused', index, failure: one.failure };
    if (one.kind === 'pattern') parsed.push(one.pattern);
  }
  return { kind: 'rules', rules: new WalkedRules(parsed) };
}

/** What became of one directory, for what is in it. */
interface Outcome {
  readonly isIgnored: boolean;
  /** By pattern: whether it matched here or above. */
  readonly matched: Uint8Array;
}

/** Directories are remembered while a walk is in them: as many as are open at once, and a few more. */
const maxRemembered = 256;

class WalkedRules implements IgnoreRules {
  readonly #patterns: readonly IgnorePattern[];
  readonly #top: Outcome;
  readonly #directories = new Map<string, Outcome>();

  constructor(patterns: readonly IgnorePattern[]) {
    this.#patterns = patterns;
    this.#top = { isIgnored: false, matched: new Uint8Array(patterns.length) };
  }

  isIgnored(path: string): boolean {
    return this.#outcomeOf(path).isIgnored;
  }

  isSkipped(directory: string): boolean {
    const { isIgnored, matched } = this.#outcomeOf(directory);
    if (!isIgnored) return false;
    const decisive = matched.findLastIndex(
      (each, at) => each === 1 && this.#patterns[at]?.isException === false,
    );
    return !this.#patterns.slice(decisive + 1).some((each) => each.isException && each.canMatchIn(directory));
  }

  #outcomeOf(path: string): Outcome {
    return this.#judge(path, this.#directoryOf(path));
  }

  #directoryOf(path: string): Outcome {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return this.#top;
    const directory = path.slice(0, slash);
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const outcome = this.#outcomeOf(directory);
    if (this.#directories.size >= maxRemembered) this.#directories.clear();
    this.#directories.set(directory, outcome);
    return outcome;
  }

  #judge(path: string, above: Outcome): Outcome {
    const matched = new Uint8Array(this.#patterns.length);
    let isIgnored = false;
    for (const [at, pattern] of this.#patterns.entries()) {
      const isMatch = above.matched[at] === 1 || (pattern.isException === isIgnored && pattern.matches(path));
      if (!isMatch) continue;
      matched[at] = 1;
      isIgnored = !pattern.isException;
    }
    return { isIgnored, matched };
  }
}
