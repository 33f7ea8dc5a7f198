import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { HistoryBuild } from '../historyRecords/historyBuild.ts';

/**
 * Whether a build by history made nothing itself of what its history does not tell, and there is such: the steps that read files were found,
 * and they are those of builds that are known exactly.
 */
export function isExplained({ seen, gaps }: HistoryBuild, exact: readonly SeenBuild[]): boolean {
  const known = new Set(exact.flatMap(({ records }) => records.map(({ key }) => key)));
  // One that read no files is told whole.
  if (gaps.length === 0) return false;
  return gaps.every(({ record, step }) => {
    const told = step === undefined ? undefined : seen.steps[step];
    const key = seen.records[record]?.key;
    return told?.row !== undefined && told.seconds === undefined && key !== undefined && known.has(key);
  });
}
