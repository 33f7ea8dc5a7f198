import type { Pieces } from '../../base/pieces.ts';
import type { StepFinding } from './cacheGraph.ts';
import type { KnownCache } from './knownCache.ts';
import type { KeyedBuild, Vertex } from './vertex.ts';
import { type KeyMatch, type KnownContents, VertexMatcher } from './vertexMatcher.ts';

/** What BuildKit finds of a vertex, by its own rule (build-cache.md §1.1). */
export interface VertexMatch extends KeyMatch {
  /** Whether its result is there, so that nothing above it is looked at. */
  readonly isLoaded: boolean;
  /** Whether the build comes to it: nothing below it is there. */
  readonly isNeeded: boolean;
  readonly finding?: StepFinding;
}

/** A match with what an image tells of a vertex that no record is of. */
export type FoundMatch = Omit<VertexMatch, 'isLoaded' | 'isNeeded'>;

/** @param findings what images tell of vertices, by position. */
export function* matchKeys(
  { vertices }: KeyedBuild,
  cache: KnownCache,
  contents: KnownContents,
  findings: ReadonlyMap<number, StepFinding>,
): Pieces<readonly FoundMatch[]> {
  const matches: FoundMatch[] = [];
  const matcher = new VertexMatcher(cache, contents, matches);
  for (const [at, vertex] of vertices.entries()) {
    const match = matcher.match(vertex);
    const finding = match.found.size > 0 ? undefined : findings.get(at);
    const isOpen = finding !== undefined && finding.state !== 'rebuild';
    matches.push({ ...match, ...(isOpen && { possible: 'any' }), ...(finding && { finding }) });
    yield;
  }
  return matches;
}

/** @param isThere whether the builder still has what a vertex was found to be. */
export function* matchBuild(
  { vertices, target }: KeyedBuild,
  found: readonly FoundMatch[],
  isThere: (vertex: number) => boolean,
): Pieces<readonly VertexMatch[]> {
  const loaded: boolean[] = [];
  for (const [at, match] of found.entries()) {
    loaded.push(match.found.size > 0 && isThere(at));
    yield;
  }
  const needed = neededBy(target, vertices, loaded);
  return found.map((match, at) => ({
    ...match,
    isLoaded: loaded[at] === true,
    isNeeded: needed.has(at),
  }));
}

/** From the target up: what is there needs nothing of what it was made from. */
function neededBy(
  target: number | undefined,
  vertices: readonly Vertex[],
  loaded: readonly boolean[],
): ReadonlySet<number> {
  const needed = new Set<number>();
  const open = target === undefined ? [] : [target];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (needed.has(at)) continue;
    needed.add(at);
    if (loaded[at] === true) continue;
    for (const { vertex } of vertices[at]?.inputs ?? []) if (vertex !== undefined) open.push(vertex);
  }
  return needed;
}
