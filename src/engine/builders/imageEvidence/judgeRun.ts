import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { RunStep } from '../../build/plan/buildPlan.ts';
import type { BaseChange } from './baseChange.ts';
import { hiddenOfRun } from './hiddenParts.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { found, type Judged, type JudgedStep, same, type Surroundings } from './judged.ts';
import { changed, runDifference } from './runDifference.ts';

/** Whether a RUN is the one that made an entry. */
export function judgeRun(run: RunStep, { step, line, entry }: JudgedStep, around: Surroundings): Judged {
  const { question, past, baseChange, isUnderstood } = around;
  const difference = runDifference(step, run, line, entry, past);
  // What cannot be read of the variables says nothing, but another text does.
  const isSure = isUnderstood || !line.texts.includes(entry.text);
  if (difference !== undefined && isSure)
    return found(difference.code === 'not-shown' ? 'unknown' : 'rebuild', difference);
  if (baseChange !== undefined) return found('rebuild', ofBase(baseChange));
  if (!isUnderstood) return found('unknown', notUnderstood);
  const [open] = past.openArguments;
  if (open !== undefined) return found('unknown', valueHidden(open));
  const hidden = hiddenOfRun(run, question.build.request, question.listed);
  if (hidden === undefined) return same;
  return isAnother(question, line) ? found('rebuild', hiddenChanged(hidden)) : found('unknown', hidden);
}

/** Whether it has a key that the build which made the image did not have. */
function isAnother({ keyed, keys }: ImageQuestion, line: HistoryLine): boolean {
  const vertex = keyed.vertices.find(({ stage, step }) => stage === line.stage && step === line.step);
  const digest = vertex?.operation?.digest;
  return keys !== undefined && digest !== undefined && !keys.has(outputKey(digest, 0));
}

function hiddenChanged({ subject = '' }: StepReason): StepReason {
  return { code: 'flag-changed', text: `it was made without ${subject} or with another one`, subject };
}

const notUnderstood: StepReason = {
  code: 'not-understood',
  text: 'the variables in its history cannot be told apart',
};

function valueHidden(subject: string): StepReason {
  return { code: 'not-shown', text: `an image does not show which ${subject} it was made with`, subject };
}

function ofBase({ name, before, after }: BaseChange): StepReason {
  const { text, ...rest } = changed('environment-changed', 'the variable', name, before, after);
  return { ...rest, code: 'base-changed', text: `${text} in the base image` };
}
