import { EngineError } from '../../base/errors.ts';
import { type LayerPath, rootPath } from '../../base/layerPath.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { type ContentDirectory, treeDigest } from './contentTree.ts';
import { type MatchedSource, matchedDigest, type MatchStyle } from './matchedContent.ts';
import { resolveContent } from './resolveContent.ts';

/** One source of an instruction: a plain path, or one with wildcards or filters. */
export type ContentSource = { readonly path: LayerPath } | MatchedSource;

/** What differs in the content keys of BuildKit's versions. */
export interface ContentRules {
  readonly matchStyle: MatchStyle;
  /** Other paths lie below the root in the sense in which they lie below a directory. */
  readonly hasAllBelowRoot: boolean;
}

/**
 * The content that an instruction reads of one input, as BuildKit names it (build-cache.md §1.2): equal when nothing of
 * it changed that counts. Its key in a record of the cache is `outputKey(contentDigest(…), -1)`.
 *
 * @param root the whole input; of a build context what is ignored is left out.
 * @throws EngineError `not-found` for a plain path that is not there: the build fails.
 */
export function contentDigest(
  root: ContentDirectory,
  sources: readonly ContentSource[],
  rules: ContentRules,
): Sha256 {
  const digests = withoutRepeats(sources, rules).map((source) =>
    'isWanted' in source ? matchedDigest(root, source, rules.matchStyle) : plainDigest(root, source.path),
  );
  return sha256(digests.join('\0'));
}

function plainDigest(root: ContentDirectory, path: LayerPath): Sha256 {
  const node = resolveContent(root, path);
  if (node === undefined) throw new EngineError('not-found', path, 'there is nothing at this path');
  return treeDigest(node);
}

/** Sorted by path. Of plain paths one below another is left out, as is one that is there already. */
function withoutRepeats(
  sources: readonly ContentSource[],
  { hasAllBelowRoot }: ContentRules,
): readonly ContentSource[] {
  const plain = [...new Set(sources.filter((source) => !('isWanted' in source)).map(({ path }) => path))];
  const isBelow = (path: LayerPath, other: LayerPath): boolean =>
    other === rootPath ? hasAllBelowRoot && path !== rootPath : path.startsWith(`${other}/`);
  const kept = plain.filter((path) => !plain.some((other) => isBelow(path, other)));
  return [...kept.map((path) => ({ path })), ...sources.filter((source) => 'isWanted' in source)].sort(
    (one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0),
  );
}
