import type { CacheLink, CacheRecord, SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';

/**
 * What of a build the builder has when not all of its steps were made: one that failed leaves those before it in the
 * cache. Records that only the others need are left out.
 */
export function completedPart(build: SeenBuild, isMade: (step: SeenStep) => boolean): SeenBuild {
  const steps = build.steps.map((step) => (isMade(step) ? step : withoutRecord(step)));
  const kept = reachable(
    build.records,
    steps.flatMap(({ record }) => record ?? []),
  );
  const places = new Map([...kept].sort((one, other) => one - other).map((old, at) => [old, at]));
  const moved = (links: readonly CacheLink[]): readonly CacheLink[] =>
    links.flatMap(({ record, selector }) => {
      const at = places.get(record);
      return at === undefined ? [] : [{ record: at, selector }];
    });
  const records = [...places.keys()].flatMap((old) => {
    const record = build.records[old];
    return record === undefined ? [] : [{ ...record, inputs: record.inputs.map(moved) }];
  });
  return { ...build, records, steps: steps.map((step) => withPlace(step, places)) };
}

function withoutRecord(step: SeenStep): SeenStep {
  const told = Object.entries(step).filter(([name]) => name !== 'record' && name !== 'layer');
  return { ...bare(step), ...Object.fromEntries(told) };
}

function bare({ stage, text }: SeenStep): SeenStep {
  return { stage, text };
}

function withPlace(step: SeenStep, places: ReadonlyMap<number, number>): SeenStep {
  const record = step.record === undefined ? undefined : places.get(step.record);
  return record === undefined ? step : { ...step, record };
}

/** The records that these need, themselves included. */
function reachable(records: readonly CacheRecord[], from: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    for (const links of records[at]?.inputs ?? []) open.push(...links.map(({ record }) => record));
  }
  return found;
}
