import { baseName, fromText, type LayerPath } from '../base/layerPath.ts';

/** Whether a path is one that is looked for. */
export type MatchPath = (path: LayerPath) => boolean;

/**
 * Understands a pattern as a person types it: with `*`, `?` or `[…]` it is a glob, matched against the last name, or the
 * whole path when it has a slash (`**` crosses directories); otherwise any part of the path, whatever its case.
 */
export function parsePattern(pattern: string): MatchPath {
  if (!/[*?[]/.test(pattern)) return containing(pattern);
  if (!pattern.includes('/')) {
    const glob = fromText(pattern);
    return (path) => matchesGlob(glob, baseName(path));
  }
  const glob = fromText(pattern.startsWith('/') ? pattern : `/${pattern}`);
  return (path) => matchesGlob(glob, path);
}

function containing(text: string): MatchPath {
  const wanted = lowerAscii(fromText(text));
  return (path) => lowerAscii(path).includes(wanted);
}

/** Case as ASCII has it: other bytes are parts of characters. */
function lowerAscii(bytes: string): string {
  return bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Matches bytes against a glob by going back to the last star only, so that time is bounded by the product of the
 * lengths: a pattern from outside must not become a RegExp.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let [at, from] = [0, 0];
  /** Where to go on after a star has taken one byte more: the star's end, the text, whether it crosses slashes. */
  let single: Retry | undefined;
  let double: Retry | undefined;
  for (;;) {
    const step = at < glob.length ? stepAt(glob, at) : undefined;
    if (step?.kind === 'double') {
      double = { glob: step.end, text: from };
      single = undefined;
      at = step.end;
      continue;
    }
    if (step?.kind === 'single') {
      single = { glob: step.end, text: from };
      at = step.end;
      continue;
    }
    if (step === undefined && from === text.length) return true;
    if (step !== undefined && from < text.length && step.matches(text[from] ?? '')) {
      at = step.end;
      from++;
      continue;
    }
    if (single !== undefined && single.text < text.length && text[single.text] !== '/') {
      single = { glob: single.glob, text: single.text + 1 };
      [at, from] = [single.glob, single.text];
    } else if (double !== undefined && double.text < text.length) {
      double = { glob: double.glob, text: double.text + 1 };
      single = undefined;
      [at, from] = [double.glob, double.text];
    } else return false;
  }
}

interface Retry {
  readonly glob: number;
  readonly text: number;
}

type Step =
  | { readonly kind: 'single'; readonly end: number }
  | { readonly kind: 'double'; readonly end: number }
  | { readonly kind: 'one'; readonly end: number; readonly matches: (byte: string) => boolean };

function stepAt(glob: string, at: number): Step {
  const byte = glob[at] ?? '';
  if (byte === '*') {
    if (glob[at + 1] !== '*') return { kind: 'single', end: at + 1 };
    // `**/` also matches no directory at all.
    const end = glob[at + 2] === '/' && (at === 0 || glob[at - 1] === '/') ? at + 3 : at + 2;
    return { kind: 'double', end };
  }
  if (byte === '?') return { kind: 'one', end: at + 1, matches: (each) => each !== '/' };
  if (byte === '[') return setAt(glob, at) ?? literal(byte, at + 1);
  if (byte === '\\' && at + 1 < glob.length) return literal(glob[at + 1] ?? '', at + 2);
  return literal(byte, at + 1);
}

function literal(byte: string, end: number): Step {
  return { kind: 'one', end, matches: (each) => each === byte };
}

function setAt(glob: string, at: number): Step | undefined {
  const isNegated = glob[at + 1] === '!' || glob[at + 1] === '^';
  const start = at + (isNegated ? 2 : 1);
  const close = glob.indexOf(']', start + 1);
  if (close < 0) return undefined;
  const members = glob.slice(start, close);
  return {
    kind: 'one',
    end: close + 1,
    matches: (byte) => byte !== '/' && isInSet(members, byte) !== isNegated,
  };
}

function isInSet(members: string, byte: string): boolean {
  for (let at = 0; at < members.length; at++) {
    const first = members[at] ?? '';
    if (members[at + 1] === '-' && at + 2 < members.length) {
      if (byte >= first && byte <= (members[at + 2] ?? '')) return true;
      at += 2;
    } else if (byte === first) return true;
  }
  return false;
}
