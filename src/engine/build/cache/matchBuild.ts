import { outputKey } from '../operationKey/outputKey.ts';
import type { Sha256 } from '../sha256.ts';
import type { StepFinding } from './cacheGraph.ts';
import { type KnownCache, type KnownResult, linkTo } from './knownCache.ts';
import type { KeyedBuild, Vertex, VertexInput } from './vertex.ts';

/** What is known of the contents that vertices read: digests by the selection's ID; undefined where there is none. */
export type KnownContents = ReadonlyMap<string, Sha256 | undefined>;

/** Whether BuildKit finds a vertex in its cache, by its own rule (build-cache.md §1.1). */
export interface VertexMatch {
  /** Results that it is. */
  readonly found: ReadonlySet<number>;
  /** Results that it may be: that depends on what cannot be known before. */
  readonly possible: ReadonlySet<number> | 'any';
  /** Whether its result is there, so that nothing above it is looked at. */
  readonly isLoaded: boolean;
  /** Whether the build comes to it: nothing below it is there. */
  readonly isNeeded: boolean;
  /** The result with the operation's key that comes nearest; undefined where there is none with that key. */
  readonly nearest?: NearestResult;
  readonly finding?: StepFinding;
}

/** How the inputs of a vertex stand to one result: whether it has them for its own. */
export interface NearestResult {
  readonly result: KnownResult;
  readonly inputs: readonly InputState[];
}

export type InputState = 'same' | 'maybe' | 'other';

/**
 * @param isThere whether the builder still has a result that a vertex is, by its position.
 * @param findings what images tell of vertices, by position.
 */
export function matchBuild(
  { vertices, target }: KeyedBuild,
  cache: KnownCache,
  contents: KnownContents,
  isThere: (result: KnownResult, vertex: number) => boolean,
  findings: ReadonlyMap<number, StepFinding>,
): readonly VertexMatch[] {
  const matches: Omit<VertexMatch, 'isNeeded'>[] = [];
  for (const [at, vertex] of vertices.entries()) {
    const matcher = new VertexMatcher(vertex, matches, cache, contents);
    const match = matcher.match();
    const results = [...match.found].flatMap((id) => cache.result(id) ?? []);
    const isLoaded = results.some((result) => isThere(result, at));
    const finding = match.found.size > 0 ? undefined : findings.get(at);
    const isOpen = finding !== undefined && finding.state !== 'rebuild';
    matches.push({ ...match, isLoaded, ...(isOpen && { possible: 'any' }), ...(finding && { finding }) });
  }
  const needed = neededBy(target, vertices, matches);
  return matches.map((match, at) => ({ ...match, isNeeded: needed.has(at) }));
}

class VertexMatcher {
  readonly #vertex: Vertex;
  readonly #before: readonly Omit<VertexMatch, 'isNeeded'>[];
  readonly #cache: KnownCache;
  readonly #contents: KnownContents;

  constructor(
    vertex: Vertex,
    before: readonly Omit<VertexMatch, 'isNeeded'>[],
    cache: KnownCache,
    contents: KnownContents,
  ) {
    this.#vertex = vertex;
    this.#before = before;
    this.#cache = cache;
    this.#contents = contents;
  }

  match(): Pick<VertexMatch, 'found' | 'possible' | 'nearest'> {
    const { kind, image, operation } = this.#vertex;
    if (kind === 'context') return nothing;
    if (image !== undefined)
      return {
        ...nothing,
        found: this.#roots([image.byManifest, ...(image.byLayers ? [image.byLayers] : [])]),
      };
    if (operation === undefined) return { ...nothing, possible: 'any' };
    const fits = this.#fits(operation.digest);
    const nearest = fits.toSorted((one, other) => distanceOf(one) - distanceOf(other))[0];
    const found = fits.filter(({ inputs }) => inputs.every((state) => state === 'same'));
    if (this.#vertex.ignoresCache) return { ...nothing, ...(nearest && { nearest }) };
    const possible = fits.filter(({ inputs }) => inputs.every((state) => state !== 'other'));
    const isFetched = (kind === 'url' || kind === 'git') && found.length === 0;
    return {
      found: new Set(found.map(({ result }) => result.id)),
      possible: isFetched ? 'any' : new Set(possible.map(({ result }) => result.id)),
      ...(nearest && { nearest }),
    };
  }

  /** The results with this key, newest first. */
  #fits(digest: Sha256): readonly NearestResult[] {
    const candidates = this.#cache.withKey(outputKey(digest, 0));
    const { inputs } = this.#vertex;
    return candidates
      .map((result) => ({ result, inputs: inputs.map((_, at) => this.#stateOf(at, result)) }))
      .reverse();
  }

  #roots(digests: readonly Sha256[]): ReadonlySet<number> {
    return new Set(
      digests.flatMap((digest) => this.#cache.withKey(outputKey(digest, 0)).map(({ id }) => id)),
    );
  }

  #stateOf(at: number, result: KnownResult): InputState {
    const input = this.#vertex.inputs[at];
    const links = result.inputs[at];
    if (input === undefined || links === undefined || result.inputs.length !== this.#vertex.inputs.length)
      return 'other';
    const made = input.vertex === undefined ? undefined : this.#before[input.vertex];
    const hasLink = (id: number): boolean => links.has(linkTo(id, input.selector));
    if (made !== undefined && [...made.found].some(hasLink)) return 'same';
    const content = this.#contentOf(input);
    if (content !== undefined && content !== 'unknown') {
      const known = this.#cache.withKey(outputKey(content, -1));
      if (known.some(({ id }) => links.has(linkTo(id, '')))) return 'same';
    }
    const isOpen = links.size === 0 || made?.possible === 'any' || [...(made?.possible ?? [])].some(hasLink);
    return isOpen || content === 'unknown' ? 'maybe' : 'other';
  }

  /** Undefined where content does not count. */
  #contentOf({ content, contentDigest }: VertexInput): Sha256 | 'unknown' | undefined {
    if (contentDigest !== undefined || content === undefined) return contentDigest;
    return this.#contents.get(content.id) ?? 'unknown';
  }
}

const nothing = { found: new Set<number>(), possible: new Set<number>() } as const;

/** One input that is another weighs more than any that may be. */
function distanceOf({ inputs }: NearestResult): number {
  const count = (wanted: InputState): number => inputs.filter((state) => state === wanted).length;
  return count('other') * 1000 + count('maybe');
}

/** From the target up: what is there needs nothing of what it was made from. */
function neededBy(
  target: number | undefined,
  vertices: readonly Vertex[],
  matches: readonly Pick<VertexMatch, 'isLoaded'>[],
): ReadonlySet<number> {
  const needed = new Set<number>();
  const open = target === undefined ? [] : [target];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (needed.has(at)) continue;
    needed.add(at);
    if (matches[at]?.isLoaded === true) continue;
    for (const { vertex } of vertices[at]?.inputs ?? []) if (vertex !== undefined) open.push(vertex);
  }
  return needed;
}
