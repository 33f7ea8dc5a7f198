import type { CallOptions } from '../../base/progress.ts';
import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
import { historyLines } from '../../build/createdBy/historyLines.ts';
import { ImageWalk } from './imageWalk.ts';
import { isOfBuildKit } from './imageHistory.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { otherStages } from './otherStages.ts';

/**
 * What an image without inline cache and without a history record tells of a build (build-cache.md §4.3): a record for
 * each step that made the same entry of its history and the same layer, and for the others why they did not, or why that
 * cannot be told. Holds for this build only.
 *
 * @returns undefined when BuildKit did not make it, or the base image is not known.
 * @throws EngineError `cancelled`, and what the context and the layers say.
 */
export async function imageEvidence(
  question: ImageQuestion,
  options?: CallOptions,
): Promise<SeenBuild | undefined> {
  const { build, image } = question;
  const { plan, dockerfile, request } = build;
  if (plan.target === undefined || !isOfBuildKit(image)) return undefined;
  const { escape } = dockerfile;
  const lines = historyLines(plan, plan.target, { escape, buildArgs: request.buildArgs });
  const walk = new ImageWalk(question, lines, options);
  if (!walk.isComparable) return undefined;
  await walk.walk();
  const steps: readonly SeenStep[] = [...walk.steps, ...otherStages(question, lines)];
  const builtAt = Date.parse(image.config?.created ?? '');
  const [subject = image.imageId] = image.names;
  return {
    kind: 'image',
    records: walk.records,
    steps,
    ...(subject !== undefined && { subject }),
    ...(!Number.isNaN(builtAt) && { builtAt }),
  };
}
