import type { SeenBuild } from '../../build/cache/cacheGraph.ts';

/**
 * Builds through Lamina, held against what the builder itself wrote into the same image (its inline cache): where a key of
 * a step that made one of its layers is not among the builder's, its keys are not understood, and nothing computed is
 * claimed as exact any more (build-cache.md §4.2).
 *
 * @param inline what inline caches tell.
 */
export function asUnderstood(
  own: readonly SeenBuild[],
  inline: readonly SeenBuild[],
): { readonly builds: readonly SeenBuild[]; readonly isUnderstood: boolean } {
  const isUnderstood = own.every((build) => inline.every((other) => agree(build, other)));
  return { builds: isUnderstood ? own : own.map(inferred), isUnderstood };
}

function agree(own: SeenBuild, inline: SeenBuild): boolean {
  if (own.imageId === undefined || own.imageId !== inline.imageId) return true;
  const keys = new Set(inline.records.map(({ key }) => key));
  return own.steps.every(({ layer, record }) => {
    const made = layer === undefined || record === undefined ? undefined : own.records[record];
    return made === undefined || keys.has(made.key);
  });
}

function inferred(build: SeenBuild): SeenBuild {
  return { ...build, records: build.records.map((record) => ({ ...record, certainty: 'inferred' })) };
}
