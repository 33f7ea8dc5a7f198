import {
  dockerSize,
  type EngineImage,
  type EngineManifest,
  formatPlatform,
  normalizeName,
} from '../engine/index.ts';
import { ageText } from './entryRows.ts';

/** Newest first. Of one second, by name and ID, since engines give them in any order. */
export function newestFirst(a: EngineImage, b: EngineImage): number {
  return b.createdSeconds - a.createdSeconds || (sortName(a) < sortName(b) ? -1 : 1);
}

/** What has no name comes last. */
function sortName({ repoTags, id }: EngineImage): string {
  return `${repoTags.toSorted()[0] ?? '~'} ${id}`;
}

export const engineImageHeading = ['NAME', 'ID', 'CREATED', 'SIZE', 'PLATFORMS'];

/** One row a name; `<none>` for a dangling image. */
export function engineImageRows(image: EngineImage, now: Date): readonly (readonly string[])[] {
  const { id, repoTags, createdSeconds, sizeBytes } = image;
  const age = ageText(createdSeconds > 0 ? createdSeconds * 1000 : NaN, now);
  const names = repoTags.length === 0 ? ['<none>'] : repoTags;
  const platforms = imagesIn(image).flatMap(({ platform, isAvailable }) =>
    platform !== undefined && isAvailable ? [formatPlatform(platform)] : [],
  );
  return names.map((name) => [name, id.slice(7, 19), age, dockerSize(sizeBytes), platforms.join(', ')]);
}

/** An image of an engine as `images --engine --json` prints it: as one of the store, and what only an engine tells. */
export function engineImageObject(image: EngineImage): Readonly<Record<string, unknown>> {
  return {
    names: image.repoTags.map(normalizeName),
    repoDigests: image.repoDigests,
    id: image.id,
    digest: image.target?.digest ?? null,
    mediaType: image.target?.mediaType ?? null,
    created: image.createdSeconds > 0 ? new Date(image.createdSeconds * 1000).toISOString() : null,
    size: image.sizeBytes,
    containers: image.containerCount ?? null,
    labels: image.labels,
    variants: imagesIn(image).map(({ platform, descriptor, isAvailable, totalBytes }) => ({
      platform: platform === undefined ? null : formatPlatform(platform),
      digest: descriptor.digest,
      available: isAvailable,
      size: totalBytes,
    })),
  };
}

function imagesIn({ manifests }: EngineImage): readonly EngineManifest[] {
  return manifests.filter(({ kind }) => kind === 'image');
}
