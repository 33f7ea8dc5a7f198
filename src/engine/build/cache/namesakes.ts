import { outputKey } from '../operationKey/outputKey.ts';
import { textOfRow } from './builderList.ts';
import type { SeenStep } from './cacheGraph.ts';
import type { Conclusions } from './conclusions.ts';
import { executedText } from './explainRun.ts';
import type { SeenSteps } from './seenSteps.ts';
import type { StepView } from './stepView.ts';
import type { Vertex } from './vertex.ts';

/** How many results of builds that were seen the builder lists by the text that it would list a vertex by. */
export function namesakesOf(
  { keyed, cache, views }: Pick<Conclusions, 'keyed' | 'cache' | 'views'>,
  seen: SeenSteps,
  at: number,
): number {
  const vertex = keyed.vertices[at];
  const view = vertex?.step === undefined ? undefined : views.at(vertex.stage, vertex.step);
  if (vertex === undefined || view === undefined) return 0;
  const namesakes = [...seen.everyBefore(view)].filter(({ step }) => isNamesake(step, view, vertex));
  const now = vertex.operation?.digest;
  const isSame = now !== undefined && cache.withKey(outputKey(now, 0)).length > 0;
  const keys = new Set([...namesakes.map(({ step }) => step.operation?.digest), ...(isSame ? [now] : [])]);
  // One that is known by its text alone is one.
  const counts = [...keys].map((key) => (key === undefined ? 1 : cache.withKey(outputKey(key, 0)).length));
  return counts.reduce((sum, count) => sum + Math.max(count, 1), 0);
}

/** Whether a step of a build that was made is listed by the same text. */
function isNamesake(was: SeenStep, { step }: StepView, { kind, operation }: Vertex): boolean {
  if (kind === 'run') return executedText(was.operation) === executedText(operation);
  const { row = '' } = was;
  return textOfRow(row.startsWith('[') ? row : was.text) === textOfRow(step.row ?? '');
}
