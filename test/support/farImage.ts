import type { RemoteBlob } from '../../src/engine/archive/remoteBlob.ts';
import { type Image, toImage } from '../../src/engine/sources/image.ts';
import type { ImageCore, LayerBlob } from '../../src/engine/sources/imageSource.ts';
import type { BuiltImage } from './buildImage.ts';

/** An image whose layers lie elsewhere, as its source would derive it. */
export function farImage(
  built: BuiltImage,
  remotes: readonly RemoteBlob[],
  location = 'docker://far.test/image',
): Image {
  const layers = built.layers.map(({ digest, mediaType, blob }, at): LayerBlob => ({
    descriptor: { digest, mediaType, size: blob.length },
    ...(remotes[at] && { remote: remotes[at] }),
  }));
  return imageOf(built, layers, location);
}

/** An image whose layers are what the literal says. */
export function imageOf(built: BuiltImage, layers: readonly LayerBlob[], location: string): Image {
  const core: ImageCore = {
    names: [],
    configBytes: built.config,
    layers,
    attachments: [],
    problems: [],
  };
  const entry = { position: 0, names: [], variants: [], attachments: [], problems: [] };
  const variant = { position: 0, isAvailable: true };
  return toImage({ location }, entry, variant, core);
}
