import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { CacheReport, StepStatus } from '../../build/cache/cacheReport.ts';

/**
 * A report with the seconds that steps took when they were made, where some evidence tells them and another one answered.
 *
 * @param seen newest first.
 */
export function withSeconds(report: CacheReport, seen: readonly SeenBuild[]): CacheReport {
  const known = new Map<string, number>();
  for (const { steps } of [...seen].reverse())
    for (const { row, text, seconds } of steps)
      if (row !== undefined && seconds !== undefined) known.set(nameOf(row, text), seconds);
  const steps = report.steps.map((step): StepStatus => {
    const seconds = step.row === undefined ? undefined : known.get(nameOf(step.row, step.text));
    return step.seconds !== undefined || seconds === undefined ? step : { ...step, seconds };
  });
  return { ...report, steps };
}

function nameOf(row: string, text: string): string {
  return `${row}\n${text}`;
}
