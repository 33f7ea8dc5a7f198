import type { CacheRecord, SeenBuild, SeenStep } from './cacheGraph.ts';

/** The steps of a build that a record of it stands for. */
export function stepsOfRecord(build: SeenBuild, record: CacheRecord): readonly SeenStep[] {
  const steps = known.get(build) ?? stepsByRecord(build);
  known.set(build, steps);
  return steps.get(record) ?? [];
}

const known = new WeakMap<SeenBuild, ReadonlyMap<CacheRecord, readonly SeenStep[]>>();

function stepsByRecord({ records, steps }: SeenBuild): ReadonlyMap<CacheRecord, readonly SeenStep[]> {
  const found = new Map<CacheRecord, SeenStep[]>();
  for (const step of steps) {
    const record = step.record === undefined ? undefined : records[step.record];
    if (record !== undefined) found.set(record, [...(found.get(record) ?? []), step]);
  }
  return found;
}
