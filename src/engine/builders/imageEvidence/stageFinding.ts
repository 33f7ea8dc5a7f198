import type { BuildPlan } from '../../build/plan/buildPlan.ts';
import type { Finding } from './judged.ts';

/** Of what copies from a stage: what it copied then may be there, but not what the stage would give now. */
export function stageFinding({ stages }: BuildPlan, index: number): Finding {
  const stage = stages[index];
  if (stage === undefined || stage.steps.length === 0) {
    const subject = stage?.from.kind === 'image' ? stage.from.name : String(index);
    const text = `an image does not show which ${subject} it was made with`;
    return { state: 'unknown', reason: { code: 'not-shown', text, subject } };
  }
  const subject = stage.label === '' ? String(index) : stage.label;
  const text = `cached if what it reads of ${subject} comes out the same`;
  return { state: 'depends', reason: { code: 'stage-output', text, subject } };
}
