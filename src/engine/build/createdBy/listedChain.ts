import type { ListedRecord } from '../cache/cacheGraph.ts';
import type { PlannedStep } from '../plan/buildPlan.ts';
import { ListedPath, type ListedBase } from './listedPath.ts';

/** What a builder's list says of a chain of steps, each made on the one before. */
export type ListedChain =
  /** Each is there, on the one before. */
  | 'whole'
  /** One is certainly not there: it is made again. */
  | 'broken'
  /** One of that kind is there, but it may be another. */
  | 'unclear';

/**
 * Whether the builder lists the records of steps that follow one another (build-cache.md §4.3). A list has descriptions
 * and parents only: RUN is told by its command, COPY, ADD and WORKDIR by their row, since BuildKit 0.11.
 *
 * @param base what the first of them is made on; undefined where it is not known.
 */
export function listedChain(
  list: readonly ListedRecord[],
  steps: readonly PlannedStep[],
  base?: ListedBase,
): ListedChain {
  let path = ListedPath.from(list, base);
  let isUnclear = false;
  for (const step of steps) {
    const { exact, possible } = path.recordsOf(step);
    if (possible.length === 0) return 'broken';
    isUnclear ||= exact.length === 0;
    path = path.onto(exact.length > 0 ? exact : possible);
  }
  return isUnclear ? 'unclear' : 'whole';
}
