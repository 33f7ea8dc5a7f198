import type { Problem } from '../../src/engine/base/problem.ts';
import { type Image, toImage } from '../../src/engine/sources/image.ts';
import type { ImageEntry, ImageSource } from '../../src/engine/sources/imageSource.ts';
import { openSource } from '../../src/engine/sources/index.ts';
import { tempDir } from './tempDir.ts';

const spool = tempDir();

/** Opens what lies at the path. */
export function open(location: string): Promise<ImageSource> {
  return openSource(location, { spoolDirectory: spool.path });
}

export interface OpenedImages {
  readonly kind: ImageSource['kind'];
  readonly problems: readonly Problem[];
  readonly entries: readonly ImageEntry[];
  /** Every variant of every entry that can be resolved. */
  readonly images: readonly Image[];
}

/** Opens a source, takes all there is, and closes it. */
export async function openImages(location: string): Promise<OpenedImages> {
  await using source = await open(location);
  const entries = await source.list();
  const images: Image[] = [];
  for (const entry of entries)
    for (const variant of entry.variants.filter(({ isAvailable }) => isAvailable))
      images.push(toImage(source, entry, variant, await source.resolve(entry, variant)));
  return { kind: source.kind, problems: source.problems, entries, images };
}

export function codesOf(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ code }) => code);
}
