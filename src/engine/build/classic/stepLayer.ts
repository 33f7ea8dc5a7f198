import type { StepLayer } from '../cache/cacheReport.ts';
import type { BuilderImage } from './builderImage.ts';

/** The layer that an image adds to those below. @param below how many there are. */
export function stepLayer({ id, diffIds, created, sizeBytes }: BuilderImage, below: number): StepLayer {
  const diffId = diffIds.length > below ? diffIds.at(-1) : undefined;
  return {
    ...(diffId !== undefined && { diffId, position: diffIds.length - 1 }),
    ...(sizeBytes !== undefined && { size: sizeBytes }),
    created,
    image: id,
  };
}
