import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';

/**
 * A build whose keys are known, with the steps that its image tells: what they were, and what of them is certainly another
 * now. What no image shows is no doubt here, since the keys have it.
 *
 * @param told what the image tells of the build that is asked about.
 */
export function withToldChanges(exact: SeenBuild, told: SeenBuild | undefined): SeenBuild {
  const steps = (told?.steps ?? []).filter(
    ({ finding, operation }) =>
      finding?.state === 'rebuild' || (finding === undefined && operation !== undefined),
  );
  return steps.length === 0 ? exact : { ...exact, steps: [...exact.steps, ...steps.map(withoutRecord)] };
}

/** Its place is one among the records that were made from the image. */
function withoutRecord({ stage, text, ...rest }: SeenStep): SeenStep {
  const told = Object.entries(rest).filter(([name]) => name !== 'record');
  return { stage, text, ...Object.fromEntries(told) };
}
