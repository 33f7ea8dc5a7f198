import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { Image } from '../../sources/image.ts';
import type { HistoryEntry } from './imageHistory.ts';

/** The layer that an entry of an image's history made; undefined of one that made none. */
export function madeLayer(image: Image, { layer: position, created }: HistoryEntry): StepLayer | undefined {
  const layer = position === undefined ? undefined : image.layers[position];
  if (layer === undefined) return undefined;
  const [name = image.imageId] = image.names;
  const time = Date.parse(created ?? '');
  const digest = layer.blob.descriptor?.digest;
  return {
    position: layer.position,
    ...(layer.diffId !== undefined && { diffId: layer.diffId }),
    ...(digest !== undefined && { digest }),
    ...(layer.blob.engineBytes !== undefined && { size: layer.blob.engineBytes }),
    ...(!Number.isNaN(time) && { created: time }),
    ...(name !== undefined && { image: name }),
  };
}
