import type { KnownLayer, LayerPlace } from './engineContract.ts';
import type { Image } from './sources/image.ts';
import { storedSizeOf } from './sources/layerBlobs.ts';

/** Every layer of some images, each once, with all places where it stands; in order of first appearance. */
export function knownLayersOf(images: Iterable<Image>): readonly KnownLayer[] {
  const found = new Map<string, { first: LayerPlace; places: LayerPlace[] }>();
  for (const image of images) {
    for (const layer of image.layers) {
      const place = { image, layer: layer.position };
      const key = layer.diffId ?? layer.blob.descriptor?.digest ?? `${image.id} ${layer.position}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { first: place, places: [place] });
      else known.places.push(place);
    }
  }
  return [...found].map(([key, { first, places }]) => {
    const layer = first.image.layers[first.layer];
    return {
      key,
      diffId: layer?.diffId,
      digest: layer?.blob.descriptor?.digest,
      compressedSize: layer && storedSizeOf(layer.blob),
      places,
    };
  });
}
