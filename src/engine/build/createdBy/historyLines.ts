import type { BuildPlan, PlannedStage, PlannedStep } from '../plan/buildPlan.ts';
import type { InstructionName } from '../dockerfile/ast.ts';
import { type HistoryRequest, type Setting, StepTexts } from './stepTexts.ts';

export type { HistoryRequest, Setting };

/** One instruction as BuildKit writes it into the history of the image that it makes (build-cache.md §6.3). */
export interface HistoryLine {
  /** Positions in the plan. */
  readonly stage: number;
  readonly step: number;
  readonly name: InstructionName;
  readonly hasLayer: boolean;
  /** What the newest BuildKit writes, and after it what others do. */
  readonly texts: readonly string[];
  /** What ENV and ARG set, expanded. */
  readonly settings: readonly Setting[];
}

/**
 * What the history of a stage's image will have above that of its base image, oldest first: the lines of the stages that
 * it begins with, and its own. ONBUILD leaves none.
 */
export function historyLines(
  plan: BuildPlan,
  stage: number,
  request: HistoryRequest,
): readonly HistoryLine[] {
  const declared: string[] = [];
  return chainOf(plan, stage).flatMap((each) => {
    const inherited = [...declared];
    return each.steps.flatMap((step, at) => {
      const next = each.steps[at + 1]?.scope.env;
      const texts = new StepTexts(step, next, request, { inherited, all: declared });
      const line = texts.line();
      return line === undefined ? [] : [{ stage: each.index, step: at, ...line, hasLayer: hasLayer(step) }];
    });
  });
}

/** From the stage that begins with an image or nothing up to this one. */
export function chainOf({ stages }: BuildPlan, stage: number): readonly PlannedStage[] {
  const chain: PlannedStage[] = [];
  for (let at = stages[stage]; at !== undefined && !chain.includes(at);) {
    chain.unshift(at);
    at = at.from.kind === 'stage' ? stages[at.from.index] : undefined;
  }
  return chain;
}

function hasLayer({ operation }: PlannedStep): boolean {
  if (operation.kind === 'workdir') return operation.path !== '/';
  return operation.kind === 'run' || operation.kind === 'copy' || operation.kind === 'add';
}
