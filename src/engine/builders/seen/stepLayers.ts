import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { BuildPlan, PlannedStep } from '../../build/plan/buildPlan.ts';
import type { EngineHistoryRow } from '../../sources/dockerEngine/engineApi.ts';
import type { LocalImage } from '../localImages/localImage.ts';

/** An image that was built, and what the engine tells of how. */
export interface BuiltImage {
  readonly image: LocalImage;
  /** Newest first. */
  readonly history: readonly EngineHistoryRow[];
}

/**
 * The layers that the steps of a plan made in the image that was built by it. BuildKit gives every RUN, COPY, ADD and
 * WORKDIR of the target's chain a layer, even an empty one, so that the last ones are theirs. Empty when the image has
 * fewer than that.
 */
export function stepLayersOf(
  { image, history }: BuiltImage,
  plan: BuildPlan,
): ReadonlyMap<PlannedStep, StepLayer> {
  const steps = targetSteps(plan);
  const first = image.diffIds.length - steps.length;
  if (first < 0) return new Map();
  const rows = history.filter(isLayer).slice(0, steps.length).reverse();
  const isTold = rows.length === steps.length;
  return new Map(
    steps.map((step, at) => {
      const diffId = image.diffIds[first + at];
      const row = isTold ? rows[at] : undefined;
      const layer: StepLayer = {
        ...(diffId !== undefined && { diffId }),
        ...(row !== undefined && { size: row.sizeBytes, created: row.createdSeconds * 1000 }),
        image: image.names[0] ?? image.id,
        position: first + at,
      };
      return [step, layer];
    }),
  );
}

/** Of the stage that is asked for, and before it those that it begins with. */
function targetSteps({ stages, target }: BuildPlan): readonly PlannedStep[] {
  const steps: PlannedStep[] = [];
  const passed = new Set<number>();
  for (let at = target; at !== undefined && !passed.has(at);) {
    passed.add(at);
    const stage = stages[at];
    steps.unshift(...(stage?.steps.filter(makesLayer) ?? []));
    at = stage?.from.kind === 'stage' ? stage.from.index : undefined;
  }
  return steps;
}

function makesLayer({ operation }: PlannedStep): boolean {
  if (operation.kind === 'workdir') return operation.path !== '/';
  return operation.kind === 'run' || operation.kind === 'copy' || operation.kind === 'add';
}

/** As BuildKit words the history of what has a layer (build-cache.md §6.3). */
function isLayer({ createdBy, comment }: EngineHistoryRow): boolean {
  const isStep = /^(?:RUN|COPY|ADD|WORKDIR) /.test(createdBy) && createdBy !== 'WORKDIR /';
  return isStep && comment.startsWith('buildkit.dockerfile');
}
