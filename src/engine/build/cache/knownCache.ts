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

/**
 * The cache of one builder, put together from builds: the records of two builds are one when BuildKit would have taken the
 * later one for the earlier, that is with the same key and a link in common for every input, and then either is reached by
 * the links of both (build-cache.md §1.1).
 */
export class KnownCache {
  readonly #results: Draft[] = [];
  readonly #byKey = new Map<string, Draft[]>();

  /** @param builds newest first. */
  constructor(builds: readonly SeenBuild[]) {
    for (const build of [...builds].reverse()) new BuildReader(this, build).read();
  }

  withKey(key: Sha256): readonly KnownResult[] {
    return this.#byKey.get(key) ?? [];
  }

  result(id: number): KnownResult | undefined {
    return this.#results[id];
  }

  /** @returns the results that the record is: those that are there already, or a new one. */
  add(known: KnownRecord, inputs: readonly ReadonlySet<string>[]): readonly number[] {
    const { key } = known.record;
    const same = (this.#byKey.get(key) ?? []).filter((result) => isReachedBy(result, inputs));
    const found = same.length > 0 ? same : [this.#make(key, inputs.length)];
    for (const result of found) {
      result.records.push(known);
      for (const [at, links] of inputs.entries()) for (const link of links) result.inputs[at]?.add(link);
    }
    return found.map(({ id }) => id);
  }

  #make(key: Sha256, inputs: number): Draft {
    const made = {
      id: this.#results.length,
      key,
      inputs: Array.from({ length: inputs }, () => new Set<string>()),
      records: [],
    };
    this.#results.push(made);
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), made]);
    return made;
  }
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

  read(): void {
    for (const at of this.#build.records.keys()) this.#readFrom(at);
  }

  /** Chains of links may be too long for one call in another. */
  #readFrom(start: number): void {
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
      }
    }
  }

  #unread({ inputs }: CacheRecord): number | undefined {
    return inputs.flat().find(({ record }) => !this.#results.has(record) && !this.#open.has(record))?.record;
  }

  #finish(at: number, record: CacheRecord): void {
    const links = (ways: readonly CacheLink[]): ReadonlySet<string> =>
      new Set(
        ways.flatMap((way) => (this.#results.get(way.record) ?? []).map((id) => linkTo(id, way.selector))),
      );
    this.#results.set(at, this.#cache.add({ build: this.#build, record }, record.inputs.map(links)));
  }
}
