import {
  dockerDuration,
  dockerSize,
  familiarName,
  formatPlatform,
  type Image,
  type ImageEntry,
} from '../engine/index.ts';

/** An entry, and the image of each variant that could be read. */
export interface ListedEntry {
  readonly entry: ImageEntry;
  readonly images: readonly (Image | undefined)[];
}

/** An entry as `images --json` prints it. */
export function entryObject({ entry, images }: ListedEntry): Readonly<Record<string, unknown>> {
  const { names, target, variants, attachments, problems } = entry;
  return {
    names,
    digest: target?.digest ?? null,
    mediaType: target?.mediaType ?? null,
    variants: variants.map(({ platform, manifest, isAvailable }, at) => ({
      platform: platform === undefined ? null : formatPlatform(platform),
      digest: manifest?.digest ?? null,
      available: isAvailable,
      id: images[at]?.imageId ?? null,
      created: images[at]?.config?.created ?? null,
      layers: images[at]?.layers.length ?? null,
      size: storedSize(images[at]) ?? null,
    })),
    attachments: attachments.map(({ kind, descriptor }) => ({ kind, digest: descriptor.digest })),
    problems,
  };
}

export const entryHeading = ['NAME', 'ID', 'CREATED', 'SIZE', 'PLATFORMS'];

/** One row a name. */
export function entryRows({ entry, images }: ListedEntry, now: Date): readonly (readonly string[])[] {
  const names = entry.names.length === 0 ? ['<none>'] : entry.names.map(familiarName);
  const first = images.find((image) => image !== undefined);
  const id = entry.target?.digest ?? first?.imageId ?? '';
  const size = images.reduce((total, image) => total + (storedSize(image) ?? 0), 0);
  const platforms = entry.variants.map(({ platform }) => platform && formatPlatform(platform));
  const known = platforms.filter((platform) => platform !== undefined).join(', ');
  const age = ageText(Date.parse(first?.config?.created ?? ''), now);
  return names.map((name) => [name, id.slice(7, 19), age, dockerSize(size), known]);
}

/** @param created milliseconds since 1970; not a number where it is unknown. */
export function ageText(created: number, now: Date): string {
  return Number.isNaN(created) ? 'N/A' : `${dockerDuration((now.getTime() - created) / 1000)} ago`;
}

/** Bytes of the layers as they are stored. */
function storedSize(image: Image | undefined): number | undefined {
  return image?.layers.reduce(
    (total, { blob }) => total + (blob.descriptor?.size ?? blob.location?.size ?? 0),
    0,
  );
}
