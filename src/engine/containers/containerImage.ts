import { readBlob } from '../archive/readBlob.ts';
import { bringHere } from '../archive/remoteBlob.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import { manifestLimit, parseManifest } from '../oci/manifest.ts';
import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';

/** One image of a source, as its calls take it. */
export interface FoundImage {
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
}

/**
 * The image of a manifest: as the store's index names it, or by its blobs alone when nothing names it any more.
 *
 * @throws EngineError `not-found` when the store does not have the manifest.
 */
export async function findImage(
  source: ImageSource,
  manifest: Digest,
  options?: CallOptions,
): Promise<FoundImage> {
  for (const entry of await source.list(options)) {
    const variant = entry.variants.find((each) => each.manifest?.digest === manifest);
    if (variant !== undefined) return { entry, variant };
  }
  return nameless(source, manifest);
}

async function nameless(source: ImageSource, digest: Digest): Promise<FoundImage> {
  const place = await source.locate(digest, 'manifest');
  if (place === undefined) throw new EngineError('not-found', digest, 'the store does not have this image');
  const blob = await bringHere(place);
  const { mediaType } = parseManifest(await readBlob(blob, manifestLimit, digest), digest);
  const manifest = { mediaType, digest, size: blob.size };
  const variant = { position: 0, manifest, isAvailable: true };
  // No position of the index: the image's name must not change with what is listed there.
  const entry = {
    position: -1,
    names: [],
    target: manifest,
    variants: [variant],
    attachments: [],
    problems: [],
  };
  return { entry, variant };
}
