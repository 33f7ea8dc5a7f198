import type { Pieces } from '../../base/pieces.ts';
import { outputKey } from '../operationKey/outputKey.ts';
import type { BuildPlan } from '../plan/buildPlan.ts';
import { BuilderList } from './builderList.ts';
import type { ListedRecord, SeenBuild } from './cacheGraph.ts';
import { KnownCache } from './knownCache.ts';
import type { KeyedBuild } from './vertex.ts';

/** Whether a builder lists steps of a build, by their texts, that none of the builds that were seen has made. */
export function* listsUnseen(
  listed: readonly ListedRecord[],
  { keyed, plan }: { readonly keyed: KeyedBuild; readonly plan: BuildPlan },
  seen: readonly SeenBuild[],
): Pieces<boolean> {
  const cache = yield* KnownCache.reading(seen);
  const list = new BuilderList(listed, keyed, plan, () => []);
  for (const [at, { step, operation }] of keyed.vertices.entries()) {
    if (step === undefined || operation === undefined) continue;
    if (list.namedNow(at) > cache.withKey(outputKey(operation.digest, 0)).length) return true;
    yield;
  }
  return false;
}
