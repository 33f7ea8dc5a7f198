import type { CacheReport, StepStatus } from '../../../src/engine/build/cache/cacheReport.ts';
import type { CaseLetter } from '../buildCases.ts';
import type { DockerfileStep } from './dockerfileSteps.ts';

/** How a status stands to what the builder then did. `not-scored`: FROM, and what the case leaves out. */
export type Verdict = 'right' | 'depends' | 'likely' | 'unknown' | 'wrong' | 'not-scored';

export interface JudgedStep {
  readonly step: DockerfileStep;
  readonly letter: CaseLetter;
  readonly status: StepStatus | undefined;
  readonly verdict: Verdict;
}

/**
 * Judges a report by the letters of the build that followed. `likely` claims as much as `cached`, so that it is wrong when
 * the step was made again; `depends` is right when what is depended on was made again, and then nothing is said wrongly
 * whatever the step itself did.
 */
export function judge(
  report: CacheReport,
  steps: readonly DockerfileStep[],
  letters: readonly CaseLetter[],
): readonly JudgedStep[] {
  const statuses = new Map(report.steps.map((status) => [status.instruction, status] as const));
  return steps.map((step, at) => {
    const letter = letters[at] ?? '*';
    const status = statuses.get(at);
    const verdict = verdictOf(status, letter, () => dependsOnRebuilt(status, statuses, letters));
    return { step, letter, status, verdict };
  });
}

function verdictOf(
  status: StepStatus | undefined,
  letter: CaseLetter,
  isOnTheRightThing: () => boolean,
): Verdict {
  if (letter === 'F' || letter === '*') return 'not-scored';
  switch (status?.state) {
    case 'unknown':
      return 'unknown';
    case 'no-step':
      return letter === '-' || letter === 'S' ? 'right' : 'wrong';
    case 'rebuild':
      return letter === 'R' ? 'right' : 'wrong';
    case 'cached':
    case 'stale':
      // What only leads to something that is cached is not always shown.
      return letter === 'C' || letter === 'S' ? 'right' : 'wrong';
    case 'likely':
      return letter === 'C' || letter === 'S' ? 'likely' : 'wrong';
    case 'depends':
      if (letter === '-') return 'wrong';
      return isOnTheRightThing() ? 'right' : 'depends';
    case undefined:
      return 'wrong';
  }
}

/** Follows what a status depends on, until a step that was made again. */
function dependsOnRebuilt(
  status: StepStatus | undefined,
  statuses: ReadonlyMap<number, StepStatus>,
  letters: readonly CaseLetter[],
): boolean {
  let at = status?.reason.instruction;
  for (let hops = 0; at !== undefined && hops < statuses.size; hops++) {
    if (letters[at] === 'R') return true;
    const next = statuses.get(at);
    at = next?.state === 'depends' ? next.reason.instruction : undefined;
  }
  return false;
}

/** One line of what was said and what happened, for a person who looks for the cause. */
export function describeStep({ step, letter, status, verdict }: JudgedStep): string {
  const said =
    status === undefined ? 'nothing' : `${status.state} (${status.reason.code}: ${status.reason.text})`;
  return `${verdict.padEnd(8)} line ${step.line} really ${letter}, said ${said} — ${step.text.slice(0, 60)}`;
}
