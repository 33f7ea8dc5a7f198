import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { ListedBase } from '../../build/createdBy/listedPath.ts';
import type { PlannedStage } from '../../build/plan/buildPlan.ts';
import type { Finding } from './judged.ts';
import type { ImageQuestion } from './imageQuestion.ts';

/** How many layers the base of a stage has now; undefined where that is not known. */
export function baseLayersOf(build: BuildkitBuild, root: PlannedStage | undefined): number | undefined {
  if (root === undefined || root.from.kind === 'stage') return undefined;
  if (root.from.kind === 'scratch') return 0;
  const answer = build.image(root.from.name, root.platform);
  return answer.kind === 'known' ? answer.diffIds.length : undefined;
}

/** That an image stands on another base than the one that would be taken now. */
export function baseFinding(
  { build, image }: ImageQuestion,
  root: PlannedStage | undefined,
): Finding | undefined {
  if (root?.from.kind !== 'image') return undefined;
  const answer = build.image(root.from.name, root.platform);
  if (answer.kind !== 'known') return undefined;
  const isSame = answer.diffIds.every((diffId, at) => image.layers[at]?.diffId === diffId);
  if (isSame) return undefined;
  const { name } = root.from;
  return {
    state: 'rebuild',
    reason: { code: 'base-changed', text: `${name} is another image now`, subject: name },
  };
}

/** The base as a builder's list names it. */
export function listedBase(build: BuildkitBuild, root: PlannedStage | undefined): ListedBase | undefined {
  if (root?.from.kind !== 'image') return root?.from.kind === 'scratch' ? 'nothing' : undefined;
  const answer = build.image(root.from.name, root.platform);
  return { name: root.from.name, ...(answer.kind === 'known' && { manifest: answer.manifest }) };
}
