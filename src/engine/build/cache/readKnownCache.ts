import type { Pacer } from '../../base/abort.ts';
import { inPieces } from '../../base/pieces.ts';
import type { SeenBuild } from './cacheGraph.ts';
import { KnownCache } from './knownCache.ts';

/**
 * The cache that builds tell of. For the builds of the last time it is the same again: they never change.
 *
 * @param builds newest first.
 * @throws EngineError `cancelled`.
 */
export async function readKnownCache(builds: readonly SeenBuild[], pacer: Pacer): Promise<KnownCache> {
  const [newest] = builds;
  const last = newest && known.get(newest);
  if (last !== undefined && isSame(last.builds, builds)) return last.cache;
  const cache = await inPieces(KnownCache.reading(builds), pacer);
  if (newest !== undefined) known.set(newest, { builds, cache });
  return cache;
}

/** By the newest build: what is read of it goes with it. */
const known = new WeakMap<SeenBuild, { readonly builds: readonly SeenBuild[]; readonly cache: KnownCache }>();

function isSame(some: readonly SeenBuild[], others: readonly SeenBuild[]): boolean {
  return some.length === others.length && some.every((build, at) => build === others[at]);
}
