import { isGoPattern } from '../contentKey/goMatch.ts';
import { trimSpace } from '../dockerfile/goText.ts';
import { cleanPath } from './cleanPath.ts';
import { PathAutomaton } from './pathAutomaton.ts';
import { formOf } from './pathExpression.ts';

/** One pattern, ready to be compared with paths. */
export interface IgnorePattern {
  /** `!`: what it matches is wanted after all. */
  readonly isException: boolean;
  /** What every path that matches ends with. */
  readonly ending: string;
  /** Whether a path may match by how it begins and ends. Without an automaton it does then. */
  mayMatch(path: string): boolean;
  /** Whether it could match something in that directory, at any depth. */
  canMatchIn(directory: string): boolean;
  /** Where it cannot be told without following the whole path: a walk goes on where it was with the directory. */
  readonly automaton?: PathAutomaton;
}

/** A pattern, nothing for an empty one, or why builders refuse the ignore file, in moby's words. */
export type ParsedPattern =
  | { readonly kind: 'pattern'; readonly pattern: IgnorePattern }
  | { readonly kind: 'empty' }
  | { readonly kind: 'refused'; readonly failure: string };

/** No path is as long: a pattern that is would only take time. Builders have no limit. */
const mostCharacters = 16_384;

/**
 * Parses one pattern of an ignore file, or of `--exclude`.
 *
 * @param mostRemembered see `PathAutomaton.of`.
 */
export function parseIgnorePattern(text: string, mostRemembered = 0): ParsedPattern {
  const trimmed = trimSpace(text);
  if (trimmed === '') return { kind: 'empty' };
  if (trimmed.length > mostCharacters)
    return { kind: 'refused', failure: `a pattern longer than ${mostCharacters} characters is not read` };
  const cleaned = cleanPath(trimmed);
  const isException = cleaned.startsWith('!');
  if (cleaned === '!') return { kind: 'refused', failure: 'illegal exclusion pattern: "!"' };
  const path = isException ? cleaned.slice(1) : cleaned;
  const comparison = isGoPattern(path) ? comparisonOf(path, mostRemembered) : undefined;
  if (comparison === undefined) return { kind: 'refused', failure: 'syntax error in pattern' };
  return { kind: 'pattern', pattern: { isException, ...comparison } };
}

type Comparison = Omit<IgnorePattern, 'isException'>;

function comparisonOf(pattern: string, mostRemembered: number): Comparison | undefined {
  const form = formOf(pattern);
  if (form.kind === 'exact') return exactly(form.text);
  if (form.kind === 'prefix') return beginningWith(form.text);
  if (form.kind === 'suffix') return endingWith(form.text);
  const automaton = PathAutomaton.of(form.source, mostRemembered);
  const { first, last } = form.ends;
  return (
    automaton && {
      automaton,
      ending: last,
      mayMatch: (path) => path.startsWith(first) && path.endsWith(last),
      canMatchIn: (directory) => automaton.follow(`${directory}/`).canContinue,
    }
  );
}

function exactly(text: string): Comparison {
  return {
    ending: text,
    mayMatch: (path) => path === text,
    canMatchIn: (directory) => text.startsWith(`${directory}/`),
  };
}

function beginningWith(text: string): Comparison {
  return {
    ending: '',
    mayMatch: (path) => path.startsWith(text),
    canMatchIn: (directory) => text.startsWith(`${directory}/`) || `${directory}/`.startsWith(text),
  };
}

/** `/x` is what remains of `**‌/x`, and `x` at the top is one too. */
function endingWith(text: string): Comparison {
  return {
    ending: text.startsWith('/') ? text.slice(1) : text,
    mayMatch: (path) => path.endsWith(text) || (text.startsWith('/') && path === text.slice(1)),
    canMatchIn: () => true,
  };
}
