import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';

/**
 * A build whose found steps have the seconds that they took when they were made.
 *
 * @param earlier builds of the same Dockerfile, newest first.
 */
export function withEarlierSeconds(build: SeenBuild, earlier: readonly SeenBuild[]): SeenBuild {
  const known = new Map<string, number>();
  for (const { steps } of [...earlier].reverse())
    for (const step of steps) if (step.seconds !== undefined) known.set(nameOf(step), step.seconds);
  const steps = build.steps.map((step) => {
    const seconds = step.seconds ?? known.get(nameOf(step));
    return seconds === undefined ? step : { ...step, seconds };
  });
  return { ...build, steps };
}

/** The same operation at the same place. */
function nameOf({ stage, operation, text }: SeenStep): string {
  return `${stage} ${operation?.digest ?? text}`;
}
