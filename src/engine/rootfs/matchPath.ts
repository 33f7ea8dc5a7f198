import { baseName, type LayerPath, toText } from '../base/layerPath.ts';
import { NameGlob, PathGlob } from './glob.ts';

/** Whether a path is one that is looked for. */
export type MatchPath = (path: LayerPath) => boolean;

/**
 * Understands a pattern as a person types it: with `*`, `?` or `[…]` it is a glob, matched against the last name, or the
 * whole path when it has a slash (`**` stands for any directories); otherwise any part of the path, whatever its case.
 */
export function parsePattern(pattern: string): MatchPath {
  if (!/[*?[]/.test(pattern)) return containing(pattern);
  if (pattern.includes('/')) {
    const glob = new PathGlob(pattern);
    return (path) => glob.matches(toText(path).slice(1).split('/'));
  }
  const glob = new NameGlob(pattern);
  return (path) => glob.matches(toText(baseName(path)));
}

function containing(text: string): MatchPath {
  const wanted = text.toLowerCase();
  return (path) => toText(path).toLowerCase().includes(wanted);
}
