import type { CacheRecord } from '../../build/cache/cacheGraph.ts';
import type { KeyedBuild } from '../../build/cache/vertex.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { Sha256 } from '../../build/sha256.ts';

/** Which steps of a build stand on what an earlier one made too: of others nothing that was made then is found. */
export class SameChain {
  readonly #keyed: KeyedBuild;
  readonly #keys: ReadonlySet<Sha256>;
  readonly #remade = new Set<number>();

  constructor(keyed: KeyedBuild, records: readonly CacheRecord[]) {
    this.#keyed = keyed;
    this.#keys = new Set(records.map(({ key }) => key));
  }

  /** What is made again, and with it all that stands on it. */
  remake(vertex: number): void {
    this.#remade.add(vertex);
  }

  /** Whether all below a vertex, down to its base, was made then. What it reads by content is not asked. */
  standsOnSame(vertex: number): boolean {
    const under = this.#under(vertex);
    return under.every((each) => this.#wasMade(each) && this.standsOnSame(each));
  }

  #under(vertex: number): readonly number[] {
    const inputs = this.#keyed.vertices[vertex]?.inputs ?? [];
    return inputs.flatMap(({ vertex: under, content, contentDigest }) =>
      under === undefined || content !== undefined || contentDigest !== undefined ? [] : [under],
    );
  }

  #wasMade(vertex: number): boolean {
    const { operation, image } = this.#keyed.vertices[vertex] ?? {};
    if (this.#remade.has(vertex)) return false;
    const digests = [operation?.digest, image?.byLayers, image?.byManifest].filter(
      (each) => each !== undefined,
    );
    return digests.length === 0 || digests.some((digest) => this.#keys.has(outputKey(digest, 0)));
  }
}
