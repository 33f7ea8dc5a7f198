import type { CallOptions } from '../../base/progress.ts';
import type { CacheReport } from '../cache/cacheReport.ts';
import type { BuilderImage } from './builderImage.ts';
import type { ClassicInput } from './classicInput.ts';
import { sumIn } from './expectedStep.ts';
import { commandOf } from './imageShelf.ts';
import { predictClassic } from './predictClassic.ts';

/** What COPY lines printed for files of images, by `copyKey`. It stays true for as long as those images are there. */
export type SeenCopies = ReadonlyMap<string, string>;

export function copyKey(image: string, sources: readonly string[], destination = ''): string {
  return JSON.stringify([image, sources, destination]);
}

/**
 * What a build that was just made tells of its `COPY --from` lines: the builder's output names the image of each step.
 *
 * @param input as of after the build, with the images that there are then.
 * @param output of the build, whole.
 */
export async function seenCopies(
  input: ClassicInput,
  output: string,
  options: CallOptions = {},
): Promise<SeenCopies> {
  const seen = new Map<string, string>();
  const made = imagesMade(output, await predictClassic(input, options), input.images);
  const imageSum: ClassicInput['imageSum'] = (image, sources, at) => {
    const step = made.get(at);
    const sum = step && sumIn(commandOf(step));
    if (sum !== undefined) seen.set(copyKey(image, sources), sum);
    return Promise.resolve(sum);
  };
  await predictClassic({ ...input, imageSum }, options);
  return seen;
}

/** The image that a build's output names for each step, by the position of its instruction. */
export function imagesMade(
  output: string,
  { steps }: CacheReport,
  images: readonly BuilderImage[],
): ReadonlyMap<number, BuilderImage> {
  const ids = idsByRow(output);
  const made = new Map<number, BuilderImage>();
  for (const { row, instruction } of steps) {
    const id = row === undefined ? undefined : ids.get(numberOf(row));
    const found = id === undefined ? [] : images.filter((image) => image.id.startsWith(`sha256:${id}`));
    const [image] = found;
    if (image !== undefined && found.length === 1) made.set(instruction, image);
  }
  return made;
}

/** The last ID of what stands below each row: above it may stand that of a container. */
function idsByRow(output: string): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  let current = '';
  for (const line of output.split('\n')) {
    const [, id] = /^ ?-{2,3}> (?:Using cache )?([0-9a-f]{11,64})$/.exec(line) ?? [];
    if (/^(?:Step [0-9]+\/[0-9]+ : |(?:\[[0-9]+\/[0-9]+\] )?STEP [0-9]+\/[0-9]+: )/.test(line))
      current = numberOf(line);
    else if (id !== undefined) ids.set(current, id);
  }
  return ids;
}

/** `Step 2/5`, `[1/2] STEP 2/5` */
function numberOf(row: string): string {
  return row.replace(/ ?: .*$/s, '');
}
