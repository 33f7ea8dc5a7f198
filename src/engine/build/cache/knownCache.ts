import { atOnce, type Pieces } from '../../base/pieces.ts';
import type { Sha256 } from '../sha256.ts';
import type { CacheLink, CacheRecord, SeenBuild } from './cacheGraph.ts';

/** One result in the builder's cache, as far as builds that were seen tell of it. */
export interface KnownResult {
  readonly id: number;
  readonly key: Sha256;
  /** For each input the ways to it, as `linkTo` writes them; none where nobody knows one. */
  readonly inputs: readonly ReadonlySet<string>[];
  /** Where it was seen, newest last. */
  readonly records: readonly KnownRecord[];
}

export interface KnownRecord {
  readonly build: SeenBuild;
  readonly record: CacheRecord;
}

interface Draft extends KnownResult {
  readonly inputs: Set<string>[];
  readonly records: KnownRecord[];
}

/** The name of a link: what of which result is used. Content has no selector. */
export function linkTo(result: number, selector: string): string {
  return `${selector} ${result}`;
}

function resultOf(link: string): number {
  return Number(link.slice(link.lastIndexOf(' ') + 1));
}

/**
 * The cache of one builder, put together from builds: the records of two builds are one when BuildKit would have taken the
 * later one for the earlier, that is with the same key and a link in common for every input, and then either is reached by
 * the links of both (build-cache.md §1.1).
 */
export class KnownCache {
  readonly #results: Draft[] = [];
  readonly #byKey = new Map<string, Draft[]>();
  /** By key and a link of the first input; by the key alone where nobody knows one. */
  readonly #byLink = new Map<string, Set<Draft>>();

  /** By the result that is under those: results that are told exactly; undefined until it is asked for. */
  #under: ReadonlyMap<number, ReadonlySet<number>> | undefined;

  /** @param builds newest first. */
  constructor(builds: readonly SeenBuild[]) {
    atOnce(this.#read(builds));
  }

  /** The same as by the constructor, record by record. */
  static *reading(builds: readonly SeenBuild[]): Pieces<KnownCache> {
    const cache = new KnownCache([]);
    yield* cache.#read(builds);
    return cache;
  }

  withKey(key: Sha256): readonly KnownResult[] {
    return this.#byKey.get(key) ?? [];
  }

  /** Those with this key whose first input has one of these links, or none that is known; all when links are not given. */
  reachedBy(key: Sha256, links: readonly string[] | undefined): readonly KnownResult[] {
    if (links === undefined) return this.withKey(key);
    const places = [key, ...links.map((link) => `${key} ${link}`)];
    return [...new Set(places.flatMap((place) => [...(this.#byLink.get(place) ?? [])]))];
  }

  result(id: number): KnownResult | undefined {
    return this.#results[id];
  }

  /** How many results that are told exactly stand on one of these with their first input, whatever of it they use. */
  countOn(results: ReadonlySet<number>): number {
    const under = (this.#under ??= this.#indexUnder());
    return new Set([...results].flatMap((id) => [...(under.get(id) ?? [])])).size;
  }

  #indexUnder(): ReadonlyMap<number, ReadonlySet<number>> {
    const under = new Map<number, Set<number>>();
    for (const { id, inputs, records } of this.#results) {
      if (!records.some(isToldExactly)) continue;
      for (const link of inputs[0] ?? []) {
        const below = resultOf(link);
        under.set(below, (under.get(below) ?? new Set()).add(id));
      }
    }
    return under;
  }

  *#read(builds: readonly SeenBuild[]): Pieces<void> {
    for (const build of [...builds].reverse()) yield* new BuildReader(this, build).read();
  }

  /** @returns the results that the record is: those that are there already, or a new one. */
  add(known: KnownRecord, inputs: readonly ReadonlySet<string>[]): readonly number[] {
    this.#under = undefined;
    const { key } = known.record;
    const [first] = inputs;
    const near = first === undefined ? (this.#byKey.get(key) ?? []) : this.#near(key, first);
    const same = near.filter((result) => isReachedBy(result, inputs));
    const found = same.length > 0 ? same : [this.#make(key, inputs.length)];
    for (const result of found) this.#take(result, known, inputs);
    return found.map(({ id }) => id);
  }

  #near(key: Sha256, links: ReadonlySet<string>): readonly Draft[] {
    return [...new Set([...links].flatMap((link) => [...(this.#byLink.get(`${key} ${link}`) ?? [])]))];
  }

  #take(result: Draft, known: KnownRecord, inputs: readonly ReadonlySet<string>[]): void {
    result.records.push(known);
    for (const [at, links] of inputs.entries()) for (const link of links) result.inputs[at]?.add(link);
    const places = [...(inputs[0] ?? [])].map((link) => `${result.key} ${link}`);
    for (const place of places.length > 0 ? places : [result.key]) {
      const there = this.#byLink.get(place) ?? new Set();
      this.#byLink.set(place, there.add(result));
    }
  }

  #make(key: Sha256, inputs: number): Draft {
    const made = {
      id: this.#results.length,
      key,
      inputs: Array.from({ length: inputs }, () => new Set<string>()),
      records: [],
    };
    this.#results.push(made);
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, [made]);
    else others.push(made);
    return made;
  }
}

/** A cache that is imported is no part of the builder's own. */
function isToldExactly({ build, record }: KnownRecord): boolean {
  return record.certainty === 'exact' && build.isImported !== true;
}

function isReachedBy({ inputs }: KnownResult, links: readonly ReadonlySet<string>[]): boolean {
  return (
    inputs.length === links.length &&
    inputs.every((known, at) => [...(links[at] ?? [])].some((link) => known.has(link)))
  );
}

/** Takes over the records of one build, those before that others link to. A link that leads round in a circle is none. */
class BuildReader {
  readonly #cache: KnownCache;
  readonly #build: SeenBuild;
  readonly #results = new Map<number, readonly number[]>();
  readonly #open = new Set<number>();

  constructor(cache: KnownCache, build: SeenBuild) {
    this.#cache = cache;
    this.#build = build;
  }

  *read(): Pieces<void> {
    for (const at of this.#build.records.keys()) yield* this.#readFrom(at);
  }

  /** Chains of links may be too long for one call in another. */
  *#readFrom(start: number): Pieces<void> {
    const path = [start];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const record = this.#build.records[at];
      const next = this.#results.has(at) || record === undefined ? undefined : this.#unread(record);
      if (next !== undefined && !this.#open.has(at)) this.#open.add(at);
      if (next !== undefined) path.push(next);
      else {
        path.pop();
        this.#open.delete(at);
        if (record !== undefined && !this.#results.has(at)) this.#finish(at, record);
        yield;
      }
    }
  }

  #unread({ inputs }: CacheRecord): number | undefined {
    const isUnread = (at: number): boolean =>
      this.#build.records[at] !== undefined && !this.#results.has(at) && !this.#open.has(at);
    return inputs.flat().find(({ record }) => isUnread(record))?.record;
  }

  #finish(at: number, record: CacheRecord): void {
    const links = (ways: readonly CacheLink[]): ReadonlySet<string> =>
      new Set(
        ways.flatMap((way) => (this.#results.get(way.record) ?? []).map((id) => linkTo(id, way.selector))),
      );
    this.#results.set(at, this.#cache.add({ build: this.#build, record }, record.inputs.map(links)));
  }
}
