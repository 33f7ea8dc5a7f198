import type { CacheReport, StepStatus } from '../../src/engine/build/cache/cacheReport.ts';
import type { BuildCase, CaseLetter, CaseLetters } from './buildCases.ts';

/** How a prediction of one case fared against what the real builder did. */
export interface Score {
  readonly id: string;
  readonly right: number;
  /** `likely`, `unknown` and `depends` that came true or could: neither right nor wrong. */
  readonly open: readonly string[];
  readonly wrong: readonly string[];
}

/** Compares step by step. `depends` is right where the builder, too, can tell only after the stage has run. */
export function scoreOf({ id, steps }: BuildCase, report: CacheReport, expected: CaseLetters): Score {
  if (expected === 'X') {
    const isRefused = report.problems.some(({ severity }) => severity === 'error');
    return { id, right: isRefused ? 1 : 0, open: [], wrong: isRefused ? [] : [`${id}: not refused`] };
  }
  const own = report.steps;
  if (own.length !== steps.length) return { id, right: 0, open: [], wrong: [`${id}: other steps`] };
  const marks = own.map((step, at) => markOf(step, expected[at] ?? '*'));
  const said = (wanted: string): readonly string[] =>
    own.flatMap((step, at) =>
      marks[at] === wanted
        ? [
            `${id}: ${step.text} is ${step.state} (${step.reason.code}: ${step.reason.text}), expected ${expected[at] ?? ''}`,
          ]
        : [],
    );
  return {
    id,
    right: marks.filter((mark) => mark === 'right').length,
    open: said('open'),
    wrong: said('wrong'),
  };
}

type Mark = 'right' | 'open' | 'wrong' | 'unscored';

function markOf({ state }: StepStatus, letter: CaseLetter): Mark {
  if (letter === 'F' || letter === '*') return 'unscored';
  if (letter === '-' || letter === 'S') return state === 'no-step' ? 'right' : 'wrong';
  const isCached = letter === 'C';
  switch (state) {
    case 'cached':
    case 'stale':
      return isCached ? 'right' : 'wrong';
    case 'rebuild':
      return isCached ? 'wrong' : 'right';
    case 'depends':
      return 'right';
    case 'likely':
      return isCached ? 'open' : 'wrong';
    case 'unknown':
      return 'open';
    case 'no-step':
      return 'wrong';
  }
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
