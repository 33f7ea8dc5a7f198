import { type Digest, isDigest } from '../../oci/digest.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { Attachment, ImageEntry, ImageVariant } from '../imageSource.ts';
import type { EngineImage, EngineImageDetails, EngineManifest } from './engineApi.ts';

/** What the list and an inspection both tell of an image. */
type ToldImage = Pick<EngineImage, 'id' | 'repoTags' | 'target' | 'manifests'> &
  Partial<Pick<EngineImageDetails, 'platform'>>;

/** An image of an engine as an entry of a source; dangling ones have no names. */
export function toEntry(image: ToldImage, position: number): ImageEntry {
  return {
    position,
    engineId: image.id,
    names: [...new Set(image.repoTags.map(normalizeName))],
    ...(image.target && { target: image.target }),
    variants: variantsOf(image),
    attachments: image.manifests.filter(({ kind }) => kind !== 'image').map(toAttachment),
    problems: [],
  };
}

function variantsOf({ target, manifests, platform }: ToldImage): readonly ImageVariant[] {
  const images = manifests.filter(({ kind }) => kind === 'image');
  if (images.length > 0) return images.map(toVariant);
  // Without manifests an engine speaks of one image: its own platform's, or the only one.
  const isManifest = target !== undefined && /\bmanifest\.v/.test(target.mediaType);
  return [
    {
      position: 0,
      isAvailable: true,
      ...(platform && { platform }),
      ...(isManifest && { manifest: target }),
    },
  ];
}

function toVariant(manifest: EngineManifest, position: number): ImageVariant {
  const { descriptor, platform } = manifest;
  return { position, manifest: descriptor, isAvailable: isThere(manifest), ...(platform && { platform }) };
}

/** An engine calls an image unavailable too when it lacks one layer: then the others can be shown. */
function isThere({ isAvailable, platform, contentBytes, descriptor }: EngineManifest): boolean {
  return isAvailable || (platform !== undefined && platform.os !== '' && contentBytes > descriptor.size);
}

function toAttachment({ kind, descriptor, attests }: EngineManifest): Attachment {
  const subject: Digest | undefined = isDigest(attests) ? attests : undefined;
  return {
    kind: kind === 'attestation' ? kind : 'artifact',
    descriptor,
    ...(subject !== undefined && { subject }),
  };
}
