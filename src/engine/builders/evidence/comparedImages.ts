import { hostSliceMs, Pacer } from '../../base/abort.ts';
import { inPieces } from '../../base/pieces.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import { listsUnseen } from '../../build/cache/unseenRecords.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { normalizeName } from '../../oci/reference.ts';
import { imageEvidence } from '../imageEvidence/imageEvidence.ts';
import type { ImageQuestion } from '../imageEvidence/imageQuestion.ts';
import { withToldChanges } from '../imageEvidence/toldChanges.ts';
import { withUnseenChanges } from '../imageEvidence/unseenChanges.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import type { ComparedQuestion } from './evidenceQuestion.ts';
import type { UnlessUnreadable } from './unlessUnreadable.ts';

/** Images that are compared layer by layer. */
const mostCompared = 3;

/** Where images are read. */
export interface ComparableImages {
  /** With the files of its layers, which may have to be fetched. */
  withLayers(id: string, options: CallOptions): Promise<Pick<ImageQuestion, 'image' | 'layers'>>;
  /** The texts of its history, oldest first. */
  history(id: string, options: CallOptions): Promise<readonly string[]>;
}

/** What an engine's images tell by their histories and layers. */
export class ComparedImages {
  readonly #images: ComparableImages;
  readonly #unless: UnlessUnreadable;

  constructor(images: ComparableImages, unless: UnlessUnreadable) {
    this.#images = images;
    this.#unless = unless;
  }

  /** A key tells that something is another, but neither what that is nor whether the builder looks at it: the image does. */
  async complete(question: ComparedQuestion, seen: SeenBuild, options: CallOptions): Promise<SeenBuild> {
    const { imageId, records } = seen;
    if (imageId === undefined || question.without.includes('image')) return seen;
    const compared = await this.#unless(imageId, async () => {
      const made = await this.#images.withLayers(imageId, options);
      const keys = new Set(records.map(({ key }) => key));
      const told = await this.#toldBy(question, made, options, keys);
      return withUnseenChanges({ ...question, seen: withToldChanges(seen, told), ...made }, options);
    });
    return compared ?? seen;
  }

  /** Of images of which nothing better is known, what their layers tell. */
  async compare(
    question: ComparedQuestion,
    images: readonly LocalImage[],
    better: readonly SeenBuild[],
    options: CallOptions,
  ): Promise<readonly SeenBuild[]> {
    const { prepared, without } = question;
    if (without.includes('image')) return [];
    const known = new Set(better.map(({ imageId }) => imageId));
    const wanted = new Set(prepared.request.tags.map(normalizeName));
    const isWanted = ({ names }: LocalImage): boolean => names.some((name) => wanted.has(name));
    const isExact = better.some(({ kind }) => kind === 'lamina' || kind === 'inline-cache');
    const isTold = isExact || better.some(({ kind }) => kind === 'history-record');
    const isListless = question.listed === undefined && !isExact;
    const isOpen = !isTold || isListless || (await hasUnseen(question, better, options));
    // Where all that the builder lists is known, an image can only be of what is known, or come from elsewhere.
    const chosen = images.filter(
      (image) =>
        !known.has(image.id) && (isOpen || isWanted(image)) && !(isExact && hasLayersOf(image, better)),
    );
    const found: SeenBuild[] = [];
    for (const image of chosen.slice(0, mostCompared)) {
      const { id } = image;
      const seen = await this.#unless(id, async () => {
        const made = await this.#images.withLayers(id, options);
        return this.#toldBy(question, made, options);
      });
      // Where something is known exactly, the doubts of an image of another name would only be in the way.
      const isSure = !isExact || isWanted(image);
      if (seen !== undefined) found.push({ ...(isSure ? seen : withoutFindings(seen)), imageId: id });
    }
    return found;
  }

  async #toldBy(
    { build, keyed, listed, prepared }: ComparedQuestion,
    made: Pick<ImageQuestion, 'image' | 'layers'>,
    options: CallOptions,
    keys?: ReadonlySet<Sha256>,
  ): Promise<SeenBuild | undefined> {
    const baseHistory = await this.#baseHistory(prepared, options);
    const more = { ...(listed && { listed }), ...(baseHistory && { baseHistory }), ...(keys && { keys }) };
    return imageEvidence({ build, keyed, ...made, ...more }, options);
  }

  /** Of the image that the target's chain begins with, oldest first. */
  async #baseHistory(
    { plan, images }: PreparedBuild,
    options: CallOptions,
  ): Promise<readonly string[] | undefined> {
    let base = plan.target === undefined ? undefined : plan.stages[plan.target]?.from;
    while (base?.kind === 'stage') base = plan.stages[base.index]?.from;
    if (base?.kind !== 'image') return undefined;
    const { name } = base;
    const found = [...images].find(([key]) => key.startsWith(`${name} `))?.[1];
    if (found?.kind !== 'found') return undefined;
    // One that only its registry has is not in the engine.
    const { id } = found.image;
    return this.#unless(name, () => this.#images.history(id, options));
  }
}

/** Whether the builder has of this build what nobody has seen; one that is followed has been seen at each of its builds. */
async function hasUnseen(
  { listed, keyed, build }: ComparedQuestion,
  seen: readonly SeenBuild[],
  { signal }: CallOptions,
): Promise<boolean> {
  const isFollowed = seen.some(({ kind }) => kind === 'lamina');
  if (listed === undefined || isFollowed) return false;
  const pacer = new Pacer(signal, build.request.dockerfile, undefined, hostSliceMs);
  return inPieces(listsUnseen(listed, { keyed, plan: build.plan }, seen), pacer);
}

function withoutFindings(seen: SeenBuild): SeenBuild {
  return { ...seen, steps: seen.steps.filter(({ finding }) => finding === undefined) };
}

/** Whether an image is that of a build that is known exactly, under another digest: each build attests itself anew. */
function hasLayersOf({ diffIds }: LocalImage, builds: readonly SeenBuild[]): boolean {
  const exact = builds.filter(({ kind }) => kind === 'lamina' || kind === 'inline-cache');
  const made = exact.flatMap(({ steps, records }) =>
    [...steps, ...records].flatMap(({ layer }) => layer ?? []),
  );
  return made.some(({ diffId, position }) => diffId === diffIds.at(-1) && position === diffIds.length - 1);
}
