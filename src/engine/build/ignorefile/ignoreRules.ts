import { type IgnorePattern, parseIgnorePattern } from './ignorePattern.ts';
import type { PathAutomaton, PathState } from './pathAutomaton.ts';
import { PatternIndex } from './patternIndex.ts';

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
  const mostRemembered = patterns.length > mostFollowed ? 0 : Math.floor(allRemembered / patterns.length);
  for (const [index, text] of patterns.entries()) {
    const one = parseIgnorePattern(text, mostRemembered);
    if (one.kind === 'refused') return { kind: 'refused', index, failure: one.failure };
    if (one.kind === 'pattern') parsed.push(one.pattern);
  }
  return { kind: 'rules', rules: new WalkedRules(parsed) };
}

/** Places of tables that all patterns together may keep: some 40 MB. */
const allRemembered = 2 ** 22;
/** Of more patterns than anybody has, nothing is remembered. */
const mostFollowed = 2000;

/** What became of one path. */
interface Outcome {
  readonly isIgnored: boolean;
  /** Places of patterns that matched here or above, in ascending order. */
  readonly matched: ReadonlySet<number>;
}

/** What became of one directory, for what is in it. */
interface Directory extends Outcome {
  /** By pattern: where it stands behind the directory's name and `/`, as far as that was asked. */
  readonly states: (PathState | undefined)[];
  /** Undefined of the context itself. */
  readonly above: Directory | undefined;
  /** Its name with the `/`. */
  readonly step: string;
  /** How long its path is with the `/`. */
  readonly length: number;
}

/** Directories are remembered while a walk is in them: as many as are open at once, and a few more. */
const mostDirectories = 256;

class WalkedRules implements IgnoreRules {
  readonly #patterns: readonly IgnorePattern[];
  readonly #index: PatternIndex;
  readonly #top: Directory = {
    isIgnored: false,
    matched: new Set(),
    states: [],
    above: undefined,
    step: '',
    length: 0,
  };
  readonly #directories = new Map<string, Directory>();
  /** The last path that was asked about: it is asked about again when it is an ignored directory. */
  #last: { readonly path: string; readonly outcome: Outcome } | undefined;

  constructor(patterns: readonly IgnorePattern[]) {
    this.#patterns = patterns;
    this.#index = new PatternIndex(patterns.map(({ ending }) => ending));
  }

  isIgnored(path: string): boolean {
    return this.#outcomeOf(path).isIgnored;
  }

  isSkipped(directory: string): boolean {
    const { isIgnored, matched } = this.#outcomeOf(directory);
    if (!isIgnored) return false;
    const decisive = [...matched].findLast((at) => this.#patterns[at]?.isException === false) ?? -1;
    return !this.#patterns.slice(decisive + 1).some((each) => each.isException && each.canMatchIn(directory));
  }

  #outcomeOf(path: string): Outcome {
    if (this.#last?.path === path) return this.#last.outcome;
    const outcome = this.#judge(path, this.#directoryOf(path));
    this.#last = { path, outcome };
    return outcome;
  }

  #directoryOf(path: string): Directory {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return this.#top;
    const directory = path.slice(0, slash);
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const above = this.#directoryOf(directory);
    const length = directory.length + 1;
    const step = `${directory.slice(above.length)}/`;
    const found = { ...this.#judge(directory, above), states: [], above, step, length };
    if (this.#directories.size >= mostDirectories) this.#directories.clear();
    this.#directories.set(directory, found);
    return found;
  }

  #judge(path: string, above: Directory): Outcome {
    const matched = new Set<number>();
    let isIgnored = false;
    for (const at of this.#concerned(path, above)) {
      const pattern = this.#patterns[at];
      if (pattern === undefined) continue;
      const mayChange = pattern.isException === isIgnored && pattern.mayMatch(path);
      if (!above.matched.has(at) && !(mayChange && isMatch(pattern, at, path, above))) continue;
      matched.add(at);
      isIgnored = !pattern.isException;
    }
    return { isIgnored, matched };
  }

  /** Places of the patterns that may match here, or did above, in ascending order. */
  #concerned(path: string, above: Directory): readonly number[] {
    const candidates = this.#index.candidates(path);
    if (above.matched.size === 0) return candidates;
    return [...new Set([...candidates, ...above.matched])].sort((one, other) => one - other);
  }
}

/** Of a path that may match. */
function isMatch({ automaton }: IgnorePattern, at: number, path: string, above: Directory): boolean {
  if (automaton === undefined) return true;
  return automaton.follow(path.slice(above.length), stateIn(above, at, automaton)).isMatch;
}

function stateIn(directory: Directory, at: number, automaton: PathAutomaton): PathState {
  const { states, above, step } = directory;
  return (states[at] ??= automaton.follow(step, above && stateIn(above, at, automaton)));
}
