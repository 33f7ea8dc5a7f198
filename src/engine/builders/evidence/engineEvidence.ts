import path from 'node:path';
import type { Logger } from '../../base/log.ts';
import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { EvidenceKind } from '../../build/cache/cacheReport.ts';
import type { KeyedBuild } from '../../build/cache/vertex.ts';
import { type KeyFormat, keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { keyBuild } from '../../build/vertices/keyBuild.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { readBuilderList } from '../builderList/readBuilderList.ts';
import type { HistoryBuild } from '../historyRecords/historyBuild.ts';
import { type HistoryMemory, readHistoryBuilds } from '../historyRecords/readHistoryBuilds.ts';
import { confirmContents } from '../imageEvidence/confirmContents.ts';
import { imageEvidence } from '../imageEvidence/imageEvidence.ts';
import type { ImageQuestion } from '../imageEvidence/imageQuestion.ts';
import { withToldChanges } from '../imageEvidence/toldChanges.ts';
import { withUnseenChanges } from '../imageEvidence/unseenChanges.ts';
import { readInlineCache } from '../inlineCache/readInlineCache.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { completedPart } from '../seen/completedPart.ts';
import { isExplained } from './explainedHistory.ts';
import { EngineImages, type ImageRooms } from './engineImages.ts';

export interface EvidenceQuestion {
  readonly prepared: PreparedBuild;
  readonly build: BuildkitBuild;
  /** What is known already: of an image that is among it nothing else is asked. */
  readonly seen: readonly SeenBuild[];
  readonly without: readonly EvidenceKind[];
}

export interface FoundEvidence {
  readonly seen: readonly SeenBuild[];
  /** Undefined when the builder's list could not be read. */
  readonly listed: readonly ListedRecord[] | undefined;
}

interface ComparedQuestion extends EvidenceQuestion {
  readonly keyed: KeyedBuild;
  readonly listed: FoundEvidence['listed'];
}

/** Builds by history that are looked at, and images that are compared layer by layer. */
const mostBuilds = 5;
const mostCompared = 3;
const kindsOfImages: readonly EvidenceKind[] = ['inline-cache', 'history-record', 'image'];

/** What one engine tells of builds by its BuildKit, with what was read of it before and does not change. */
export class EngineEvidence {
  readonly #engine: AskedEngine;
  readonly #images: EngineImages;
  readonly #log: Logger;
  readonly #history: HistoryMemory = new Map();
  readonly #inline = new Map<string, SeenBuild | undefined>();

  constructor(engine: AskedEngine, rooms: ImageRooms, log: Logger) {
    this.#engine = engine;
    this.#images = new EngineImages(engine, rooms);
    this.#log = log;
  }

  /** What cannot be read is left out. @throws EngineError `cancelled`. */
  async find(question: EvidenceQuestion, options: CallOptions): Promise<FoundEvidence> {
    const listing = this.#list(question, options);
    const images = await this.#builtImages(question, options);
    const format = keyFormatOf(buildkitVersionOf(question.build.builder));
    const [inline, builds] = await Promise.all([
      this.#inlineCaches(question, images, options),
      this.#historyBuilds(question, images, format, options),
    ]);
    const listed = await listing;
    const exact = [...question.seen, ...inline];
    const keyed = keyBuild(question.build, format);
    const doubted = await Promise.all(
      inline.map((seen) => this.#withImage({ ...question, keyed, listed }, seen, options)),
    );
    // A cache that was emptied since has nothing of a build; the history keeps it.
    const kept = builds.filter(({ seen }) => isOfList(seen, listed));
    const told = await this.#told({ ...question, keyed }, kept, exact, images, options);
    const compared = await this.#compared(
      { ...question, keyed, listed },
      images,
      [...exact, ...told],
      options,
    );
    return { seen: [...doubted, ...told, ...compared], listed };
  }

  #list({ build }: EvidenceQuestion, { signal }: CallOptions): Promise<FoundEvidence['listed']> {
    const { client, buildkit, memory } = this.#engine;
    const engine = build.builder.client === 'buildctl' ? undefined : client;
    return this.#unless('the list', () =>
      memory.remember('list', () => readBuilderList(engine, buildkit, signal)),
    );
  }

  async #builtImages(
    { prepared, without }: EvidenceQuestion,
    options: CallOptions,
  ): Promise<readonly LocalImage[]> {
    const isWanted = kindsOfImages.some((kind) => !without.includes(kind));
    if (!isWanted || prepared.builder.identity.client === 'buildctl') return [];
    const { text, request } = prepared;
    const key = JSON.stringify(['built', text, request.target, request.tags, [...request.buildArgs]]);
    const find = (): Promise<readonly LocalImage[]> =>
      this.#engine.memory.remember(key, () => this.#images.builtFrom(prepared, options));
    return (await this.#unless('its images', find)) ?? [];
  }

  async #inlineCaches(
    { without }: EvidenceQuestion,
    images: readonly LocalImage[],
    { signal }: CallOptions,
  ): Promise<readonly SeenBuild[]> {
    if (without.includes('inline-cache')) return [];
    const { buildkit } = this.#engine;
    const found: SeenBuild[] = [];
    for (const image of images) {
      const key = `${image.id} ${image.names[0] ?? ''}`;
      if (!this.#inline.has(key)) {
        const read = await this.#unless(image.id, () => readInlineCache(buildkit, image, signal));
        this.#inline.set(key, read && { ...read, imageId: image.id });
      }
      const build = this.#inline.get(key);
      if (build !== undefined) found.push(build);
    }
    return found;
  }

  async #historyBuilds(
    { prepared, without }: EvidenceQuestion,
    images: readonly LocalImage[],
    format: KeyFormat,
    { signal }: CallOptions,
  ): Promise<readonly HistoryBuild[]> {
    if (without.includes('history-record')) return [];
    const names = images.flatMap((image) =>
      digestsOf(image).map((each) => [each, image.names[0] ?? image.id] as const),
    );
    const request = {
      fileName: path.basename(prepared.request.dockerfile),
      text: prepared.text,
      images: new Map(names),
      builds: new Set(images.flatMap(({ builds }) => builds)),
      format,
      limit: mostBuilds,
    };
    const { buildkit, memory } = this.#engine;
    const key = JSON.stringify(['history', request.fileName, request.text, names]);
    const read = (): Promise<readonly HistoryBuild[]> =>
      memory.remember(key, () => readHistoryBuilds(buildkit, request, this.#history, signal));
    return (await this.#unless('its history', read)) ?? [];
  }

  /** A key tells that something is another, but neither what that is nor whether the builder looks at it: the image does. */
  async #withImage(question: ComparedQuestion, seen: SeenBuild, options: CallOptions): Promise<SeenBuild> {
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

  /** Builds by history, with the contents that their images' layers confirm. */
  async #told(
    question: EvidenceQuestion & { readonly keyed: KeyedBuild },
    builds: readonly HistoryBuild[],
    exact: readonly SeenBuild[],
    images: readonly LocalImage[],
    options: CallOptions,
  ): Promise<readonly SeenBuild[]> {
    const known = new Set(exact.flatMap(({ imageId }) => imageId ?? []));
    const exactDigests = new Set([...known, ...images.filter(({ id }) => known.has(id)).flatMap(digestsOf)]);
    const told: SeenBuild[] = [];
    for (const history of builds) {
      // What is known exactly is no reason for doubt because its history does not say what was copied.
      const isExact =
        history.images.some((digest) => exactDigests.has(digest)) || isExplained(history, exact);
      told.push(
        isExact
          ? completedPart(history.seen, () => false)
          : await this.#confirmed(question, history, images, options),
      );
    }
    return told;
  }

  async #confirmed(
    { build, keyed, prepared, without }: EvidenceQuestion & { readonly keyed: KeyedBuild },
    history: HistoryBuild,
    images: readonly LocalImage[],
    options: CallOptions,
  ): Promise<SeenBuild> {
    const usesLayers = !without.includes('image') && prepared.builder.identity.client !== 'buildctl';
    const local = usesLayers ? await this.#imageOf(history, images, prepared, options) : undefined;
    const made = local && (await this.#unless(local.id, () => this.#images.withLayers(local.id, options)));
    const question = { build, keyed, history };
    const seen =
      (await this.#unless('its layers', () =>
        confirmContents({ ...question, ...(made && { made }) }, options),
      )) ?? (await confirmContents(question, options));
    return local === undefined ? seen : { ...seen, imageId: local.id };
  }

  async #imageOf(
    { images: digests }: HistoryBuild,
    images: readonly LocalImage[],
    { request }: PreparedBuild,
    options: CallOptions,
  ): Promise<LocalImage | undefined> {
    const known = images.find((image) => digestsOf(image).some((digest) => digests.includes(digest)));
    const [first] = digests;
    if (known !== undefined || first === undefined) return known;
    return this.#unless(first, () => this.#images.find(first, request.platform, options));
  }

  /** Of images of which nothing better is known, what their layers tell. */
  async #compared(
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
    // Where something is known exactly, an image of another name would only raise doubts.
    const isExact = better.some(({ kind }) => kind === 'lamina' || kind === 'inline-cache');
    const chosen = images.filter(
      (image) => !known.has(image.id) && (!isExact || (isWanted(image) && !hasLayersOf(image, better))),
    );
    const found: SeenBuild[] = [];
    for (const { id } of chosen.slice(0, mostCompared)) {
      const seen = await this.#unless(id, async () => {
        const made = await this.#images.withLayers(id, options);
        return this.#toldBy(question, made, options);
      });
      if (seen !== undefined) found.push({ ...seen, imageId: id });
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

  /** Undefined when it cannot be read: then there is less to go by. */
  async #unless<T>(what: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      const reason = isEngineError(error) ? error.message : String(error);
      this.#log.debug(`${what} of the builder tells nothing: ${reason}`);
      return undefined;
    }
  }
}

/** Whether an image is that of a build that is known exactly, under another digest: each build attests itself anew. */
function hasLayersOf({ diffIds }: LocalImage, builds: readonly SeenBuild[]): boolean {
  const exact = builds.filter(({ kind }) => kind === 'lamina' || kind === 'inline-cache');
  const made = exact.flatMap(({ steps, records }) =>
    [...steps, ...records].flatMap(({ layer }) => layer ?? []),
  );
  return made.some(({ diffId, position }) => diffId === diffIds.at(-1) && position === diffIds.length - 1);
}

/** Whether a builder's list has anything that is as old as a build. */
function isOfList({ builtAt }: SeenBuild, listed: readonly ListedRecord[] | undefined): boolean {
  const times = listed?.flatMap(({ createdAt, type }) => (type === 'regular' ? (createdAt ?? 0) : [])) ?? [0];
  return builtAt === undefined || times.some((time) => time <= builtAt);
}

/** By whatever digest an image is known. */
function digestsOf({ id, manifest }: LocalImage): readonly string[] {
  return manifest === undefined ? [id] : [id, manifest];
}
