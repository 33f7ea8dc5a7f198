import type { Pieces } from '../../base/pieces.ts';
import type { PlannedStep } from '../plan/buildPlan.ts';
import type { Conclusions } from './conclusions.ts';
import { changedVariables } from './explainRun.ts';
import type { SeenSteps } from './seenSteps.ts';
import type { StepView } from './stepView.ts';

/** For each line that sets variables, how many RUN lines get another value of what it sets than they did. */
export function* variableEffects(
  conclusions: Pick<Conclusions, 'keyed' | 'views'>,
  seen: SeenSteps,
): Pieces<ReadonlyMap<PlannedStep, number>> {
  const { views } = conclusions;
  const effects = new Map<PlannedStep, number>();
  for (const view of views.all.filter(({ step }) => step.operation.kind === 'run')) {
    const names = new Set(view.vertices.flatMap((at) => changedIn(conclusions, seen, at)));
    const setters = new Set([...names].flatMap((name) => views.setterOf(view, name)?.step ?? []));
    for (const step of setters) effects.set(step, (effects.get(step) ?? 0) + 1);
    yield;
  }
  return effects;
}

/** The variables whose values are others in a RUN than they were. */
function changedIn(
  { keyed, views }: Pick<Conclusions, 'keyed' | 'views'>,
  seen: SeenSteps,
  at: number,
): readonly string[] {
  const vertex = keyed.vertices[at];
  const view: StepView | undefined =
    vertex?.step === undefined ? undefined : views.at(vertex.stage, vertex.step);
  const was = view && seen.before(view)?.step.operation?.plaintext;
  const now = vertex?.operation?.plaintext;
  return was === undefined || now === undefined || was === now ? [] : changedVariables(was, now);
}
