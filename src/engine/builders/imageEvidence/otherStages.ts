import type { SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import { chainOf, type HistoryLine } from '../../build/createdBy/historyLines.ts';
import { ListedPath } from '../../build/createdBy/listedPath.ts';
import type { PlannedStage } from '../../build/plan/buildPlan.ts';
import { listedBase } from './baseOfImage.ts';
import type { Finding } from './judged.ts';
import type { ImageQuestion } from './imageQuestion.ts';

/**
 * Steps of stages that left nothing in an image's history: nothing is known of them, but that one is made again is certain
 * where the builder lists nothing like it.
 */
export function otherStages(question: ImageQuestion, lines: readonly HistoryLine[]): readonly SeenStep[] {
  const inImage = new Set(lines.map(({ stage }) => stage));
  const { stages } = question.build.plan;
  return stages
    .filter(({ index, isNeeded }) => isNeeded && !inImage.has(index))
    .flatMap((stage) => stepsOf(question, stage));
}

function stepsOf({ build, keyed, listed }: ImageQuestion, stage: PlannedStage): readonly SeenStep[] {
  const findings = findingsOf(
    build.plan.stages,
    listed,
    stage,
    listedBase(build, chainOf(build.plan, stage.index)[0]),
  );
  return [...keyed.vertices.entries()].flatMap(([vertex, { stage: index, step }]) => {
    const finding = step === undefined || index !== stage.index ? undefined : findings.get(step);
    const text = step === undefined ? undefined : stage.steps[step]?.instruction.original;
    if (finding === undefined || text === undefined) return [];
    return [{ stage: stage.label, text, finding: { vertex, ...finding } }];
  });
}

function findingsOf(
  stages: readonly PlannedStage[],
  listed: ImageQuestion['listed'],
  stage: PlannedStage,
  base: Parameters<typeof ListedPath.from>[1],
): ReadonlyMap<number, Finding> {
  const findings = new Map<number, Finding>();
  // What stands below of another stage is not looked for: anything may be there.
  const isOnStage = stages[stage.index]?.from.kind === 'stage';
  let path = ListedPath.from(listed ?? [], isOnStage ? undefined : base);
  let finding: Finding = { state: 'unknown', reason: noEvidence(stage.label) };
  for (const [at, step] of stage.steps.entries()) {
    // What makes nothing, as WORKDIR of the root, is listed nowhere.
    if (step.row === undefined || step.operation.kind === 'from') continue;
    const { exact, possible } = path.recordsOf(step);
    const isMissing = listed !== undefined && possible.length === 0 && finding.state !== 'rebuild';
    if (isMissing) finding = { state: 'rebuild', reason: notListed };
    findings.set(at, finding);
    if (isMissing) finding = { state: 'rebuild', reason: stepAbove };
    path = path.onto(exact.length > 0 ? exact : possible);
  }
  return findings;
}

function noEvidence(label: string): StepReason {
  const text = 'an image shows nothing of the other stages that it was made from';
  return { code: 'not-shown', text, subject: label };
}

const notListed: StepReason = { code: 'no-longer-listed', text: 'the builder has no record of it' };
const stepAbove: StepReason = { code: 'step-above', text: 'a step above it is made again' };
