import { outputKey } from '../operationKey/outputKey.ts';
import type { Sha256 } from '../sha256.ts';
import { type KnownCache, type KnownResult, linkTo } from './knownCache.ts';
import type { Vertex, VertexInput } from './vertex.ts';

/** What is known of the contents that vertices read: digests by the selection's ID; undefined where there is none. */
export type KnownContents = ReadonlyMap<string, Sha256 | undefined>;

/** What a vertex is in the cache, by its keys alone. */
export interface KeyMatch {
  /** Results that it is. */
  readonly found: ReadonlySet<number>;
  /** Results that it may be: that depends on what cannot be known before. */
  readonly possible: ReadonlySet<number> | 'any';
  /** The result with the operation's key that comes nearest; undefined where there is none with that key. */
  readonly nearest?: NearestResult;
}

/** How the inputs of a vertex stand to one result: whether it has them for its own. */
export interface NearestResult {
  readonly result: KnownResult;
  readonly inputs: readonly InputState[];
}

export type InputState = 'same' | 'maybe' | 'other';

/** The links that lead to an input, as results have them: for certain, and those that may. */
interface Ways {
  readonly same: readonly string[];
  readonly maybe: readonly string[] | 'any';
}

/** Looks vertices up, each after those that it works on. */
export class VertexMatcher {
  readonly #cache: KnownCache;
  readonly #contents: KnownContents;
  readonly #before: readonly KeyMatch[];

  /** @param before what was said of the vertices so far. */
  constructor(cache: KnownCache, contents: KnownContents, before: readonly KeyMatch[]) {
    this.#cache = cache;
    this.#contents = contents;
    this.#before = before;
  }

  match(vertex: Vertex): KeyMatch {
    const { kind, image, operation } = vertex;
    if (kind === 'context') return nothing;
    if (image !== undefined) return { ...nothing, found: this.#roots(image.byManifest, image.byLayers) };
    if (operation === undefined) return { ...nothing, possible: 'any' };
    const match = this.#lookUp(outputKey(operation.digest, 0), vertex.inputs);
    if (vertex.ignoresCache) return { ...match, ...nothing };
    const isFetched = (kind === 'url' || kind === 'git') && match.found.size === 0;
    return isFetched ? { ...match, possible: 'any' } : match;
  }

  #roots(...digests: readonly (Sha256 | undefined)[]): ReadonlySet<number> {
    const keys = digests.flatMap((digest) => (digest === undefined ? [] : outputKey(digest, 0)));
    return new Set(keys.flatMap((key) => this.#cache.withKey(key).map(({ id }) => id)));
  }

  #lookUp(key: Sha256, inputs: readonly VertexInput[]): KeyMatch {
    const ways = inputs.map((input) => this.#waysTo(input));
    const [first] = ways;
    const links = first === undefined || first.maybe === 'any' ? undefined : [...first.same, ...first.maybe];
    const fits = this.#cache.reachedBy(key, links).map((result) => fitOf(result, ways));
    const found = fits.filter(({ inputs: states }) => states.every((state) => state === 'same'));
    const possible = fits.filter(({ inputs: states }) => states.every((state) => state !== 'other'));
    const newest = fits.length > 0 ? fits : this.#newest(key).map((result) => fitOf(result, ways));
    const nearest = nearestOf(newest);
    return { found: idsOf(found), possible: idsOf(possible), ...(nearest && { nearest }) };
  }

  #newest(key: Sha256): readonly KnownResult[] {
    return this.#cache.withKey(key).slice(-mostCompared);
  }

  #waysTo(input: VertexInput): Ways {
    const made = input.vertex === undefined ? undefined : this.#before[input.vertex];
    const linksTo = (ids: Iterable<number>): readonly string[] =>
      Array.from(ids, (id) => linkTo(id, input.selector));
    const content = this.#contentOf(input);
    const isOpen = made?.possible === 'any' || content === 'unknown';
    return {
      same: [...linksTo(made?.found ?? []), ...this.#linksByContent(content)],
      maybe: isOpen ? 'any' : linksTo(made?.possible ?? []),
    };
  }

  /** Undefined where content does not count. */
  #contentOf({ content, contentDigest }: VertexInput): Sha256 | 'unknown' | undefined {
    if (contentDigest !== undefined || content === undefined) return contentDigest;
    return this.#contents.get(content.id) ?? 'unknown';
  }

  #linksByContent(content: Sha256 | 'unknown' | undefined): readonly string[] {
    if (content === undefined || content === 'unknown') return [];
    return this.#cache.withKey(outputKey(content, -1)).map(({ id }) => linkTo(id, ''));
  }
}

const mostCompared = 20;

const nothing = { found: new Set<number>(), possible: new Set<number>() } as const;

function fitOf(result: KnownResult, ways: readonly Ways[]): NearestResult {
  const isAlike = result.inputs.length === ways.length;
  const states = ways.map((way, at) => (isAlike ? stateOf(way, result.inputs[at] ?? new Set()) : 'other'));
  return { result, inputs: states };
}

/** What nobody knows a link of may be reached by any. */
function stateOf({ same, maybe }: Ways, links: ReadonlySet<string>): InputState {
  if (same.some((link) => links.has(link))) return 'same';
  const isOpen = links.size === 0 || maybe === 'any' || maybe.some((link) => links.has(link));
  return isOpen ? 'maybe' : 'other';
}

/** Of those that are equally near the newest. */
function nearestOf(fits: readonly NearestResult[]): NearestResult | undefined {
  let best: NearestResult | undefined;
  for (const fit of fits) if (best === undefined || distanceOf(fit) <= distanceOf(best)) best = fit;
  return best;
}

/** One input that is another weighs more than any that may be. */
function distanceOf({ inputs }: NearestResult): number {
  const count = (wanted: InputState): number => inputs.filter((state) => state === wanted).length;
  return count('other') * 1000 + count('maybe');
}

function idsOf(fits: readonly NearestResult[]): ReadonlySet<number> {
  return new Set(fits.map(({ result }) => result.id));
}
