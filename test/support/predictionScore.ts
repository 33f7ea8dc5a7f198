import type { CacheReport } from '../../src/engine/build/cache/cacheReport.ts';
import type { BuildCase, CaseLetters } from './buildCases.ts';
import { describeStep, judge, type JudgedStep, type Verdict } from './cacheCases/verdicts.ts';

/** How a prediction of one case fared against what the real builder did. */
export interface Score {
  readonly id: string;
  readonly right: number;
  /** `likely`, `unknown` and `depends` that came true or could: neither right nor wrong. */
  readonly open: readonly string[];
  readonly wrong: readonly string[];
}

/** Compares step by step. */
export function scoreOf({ id, steps }: BuildCase, report: CacheReport, expected: CaseLetters): Score {
  if (expected === 'X') {
    const isRefused = report.problems.some(({ severity }) => severity === 'error');
    return { id, right: isRefused ? 1 : 0, open: [], wrong: isRefused ? [] : [`${id}: not refused`] };
  }
  if (report.steps.length !== steps.length) return { id, right: 0, open: [], wrong: [`${id}: other steps`] };
  const own = report.steps.map(({ lines, text, stage }) => ({ line: lines.first, text, stage }));
  const judged = judge(report, own, expected);
  const linesOf = (...wanted: readonly Verdict[]): readonly string[] =>
    stepsOf(judged, wanted).map((step) => `${id}: ${describeStep(step)}`);
  return {
    id,
    right: stepsOf(judged, ['right']).length,
    open: linesOf('depends', 'likely', 'unknown'),
    wrong: linesOf('wrong'),
  };
}

function stepsOf(judged: readonly JudgedStep[], wanted: readonly Verdict[]): readonly JudgedStep[] {
  return judged.filter(({ verdict }) => wanted.includes(verdict));
}

export function tableOf(scores: readonly Score[]): {
  readonly wrong: readonly string[];
  /** Right ones of all that are scored. */
  readonly share: number;
  readonly lines: readonly string[];
} {
  const right = scores.reduce((sum, score) => sum + score.right, 0);
  const open = scores.flatMap((score) => score.open);
  const wrong = scores.flatMap((score) => score.wrong);
  const share = right / (right + open.length + wrong.length);
  const head = `${scores.length} cases, ${right} steps right, ${open.length} open, ${wrong.length} wrong`;
  return { wrong, share, lines: [head, ...open, ...wrong] };
}
