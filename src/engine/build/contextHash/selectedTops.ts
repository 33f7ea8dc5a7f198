import { type LayerPath, splitPath, toText } from '../../base/layerPath.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { goMatch } from '../contentKey/goMatch.ts';
import { splitAtWildcard } from '../contentKey/matchedContent.ts';
import type { ContextDirectory, ContextNode } from './contextFile.ts';
import { type FollowedPath, followPath } from './sourcePaths.ts';

/** One thing that a source names: with wildcards there may be many. Paths are bytes below the context. */
export interface SelectedTop {
  /** As it is called by the source, or was matched. */
  readonly name: string;
  /** Where it lies, links followed. */
  readonly path: string;
  readonly node: ContextNode;
  /** Links on the way. */
  readonly links: readonly string[];
}

/** What a source names in a tree. */
export function selectedTops(root: ContextDirectory, source: ContentSource): readonly SelectedTop[] {
  if (!('isWanted' in source)) return topsAt(source.path.slice(1), followPath(root, source.path));
  const { base, pattern } = splitAtWildcard(source.path);
  const start = followPath(root, base);
  if (pattern === undefined) return topsAt(base.slice(1), start);
  return matchesIn(start.path, start.node, pattern.slice(splitPath(base).length)).flatMap((name) => {
    const { links, ...match } = followPath(root, `/${name}` as LayerPath);
    return topsAt(name, { ...match, links: [...start.links, ...links] });
  });
}

function topsAt(name: string, { path, node, links }: FollowedPath): readonly SelectedTop[] {
  return node === undefined ? [] : [{ name, path, node, links }];
}

function matchesIn(
  at: string,
  node: ContextNode | undefined,
  [first, ...rest]: readonly string[],
): readonly string[] {
  if (first === undefined) return [at];
  if (node?.kind !== 'directory') return [];
  return [...node.children]
    .filter(([name]) => goMatch(first, toText(name)))
    .flatMap(([name, child]) => matchesIn(at === '' ? name : `${at}/${name}`, child, rest));
}
