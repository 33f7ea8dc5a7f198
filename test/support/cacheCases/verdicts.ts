import type { CacheReport, StepStatus } from '../../../src/engine/build/cache/cacheReport.ts';
import type { CaseLetter } from '../buildCases.ts';

/** How a status stands to what the builder then did. `not-scored`: FROM, and what the case leaves out. */
export type Verdict = 'right' | 'depends' | 'likely' | 'unknown' | 'wrong' | 'not-scored';

/** An instruction of a Dockerfile, in the order of the file. */
export interface ScoredStep {
  readonly line: number;
  readonly text: string;
  /** Its number or its name. */
  readonly stage: number | string;
}

export interface JudgedStep {
  readonly step: ScoredStep;
  readonly letter: CaseLetter;
  readonly status: StepStatus | undefined;
  readonly verdict: Verdict;
}

/**
 * Judges a report by the letters of the build that followed, and the images that had moved. `likely` claims as much as `cached`, so that it is wrong when
 * the step was made again; `depends` is right when what is depended on was made again, and then nothing is said wrongly
 * whatever the step itself did.
 */
export function judge(
  report: CacheReport,
  steps: readonly ScoredStep[],
  letters: readonly CaseLetter[],
  moved: readonly string[] = [],
): readonly JudgedStep[] {
  const statuses = new Map(report.steps.map((status) => [status.instruction, status] as const));
  return steps.map((step, at) => {
    const status = statuses.get(at);
    const isNone = status?.state === 'no-step';
    const letter = isNone ? (letters[at] ?? '*') : letterOf(steps, letters, at);
    const verdict = verdictOf(
      status,
      letter,
      () => dependsOnMoved(status, moved) || dependsOnRebuilt(status, report, letters),
    );
    return { step, letter, status, verdict };
  });
}

/** Two equal operations on equal inputs are one, which is shown under the name of either. */
function letterOf(steps: readonly ScoredStep[], letters: readonly CaseLetter[], at: number): CaseLetter {
  const letter = letters[at] ?? '*';
  if (letter !== 'S') return letter;
  const twin = steps.findIndex(
    ({ text, stage }, other) =>
      text === steps[at]?.text && stage !== steps[at].stage && ['C', 'R'].includes(letters[other] ?? ''),
  );
  return letters[twin] ?? letter;
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
      return letter === 'C' ? 'right' : 'wrong';
    case 'likely':
      return letter === 'C' ? 'likely' : 'wrong';
    case 'depends':
      if (letter === '-') return 'wrong';
      return isOnTheRightThing() ? 'right' : 'depends';
    case undefined:
      return 'wrong';
  }
}

/** What an image that is another now gives is seen only when it is there. */
function dependsOnMoved(status: StepStatus | undefined, moved: readonly string[]): boolean {
  return moved.includes(status?.reason.subject ?? '');
}

/** Whether something of the stage that a status depends on was made again, or what that one depends on in turn. */
function dependsOnRebuilt(
  status: StepStatus | undefined,
  report: CacheReport,
  letters: readonly CaseLetter[],
): boolean {
  const seen = new Set<string | undefined>();
  let stages = stagesOf(status, report);
  while (stages.length > 0) {
    const there = report.steps.filter(({ stage }) => stages.includes(stage));
    if (there.some(({ instruction }) => letters[instruction] === 'R')) return true;
    for (const stage of stages) seen.add(stage);
    const depending = there.filter(({ state }) => state === 'depends');
    stages = depending.flatMap((each) => stagesOf(each, report)).filter((stage) => !seen.has(stage));
  }
  return false;
}

/** Of the instruction that decides, and of the stage that is named. */
function stagesOf(status: StepStatus | undefined, { steps }: CacheReport): readonly string[] {
  const { instruction, subject } = status?.reason ?? {};
  const deciding = steps.filter((step) => step.instruction === instruction).map(({ stage }) => stage);
  return [...deciding, ...(subject === undefined ? [] : [subject])];
}

/** One line of what was said and what happened, for a person who looks for the cause. */
export function describeStep({ step, letter, status, verdict }: JudgedStep): string {
  const said =
    status === undefined ? 'nothing' : `${status.state} (${status.reason.code}: ${status.reason.text})`;
  return `${verdict.padEnd(8)} line ${step.line} really ${letter}, said ${said} — ${step.text.slice(0, 60)}`;
}
