import path from 'node:path';
import type { Logger } from '../../base/log.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { EvidenceKind } from '../../build/cache/cacheReport.ts';
import { type KeyFormat, keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { keyBuild } from '../../build/vertices/keyBuild.ts';
import type { EngineEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { Image } from '../../sources/image.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { readBuilderList } from '../builderList/readBuilderList.ts';
import type { HistoryBuild } from '../historyRecords/historyBuild.ts';
import { type HistoryMemory, readHistoryBuilds } from '../historyRecords/readHistoryBuilds.ts';
import { imageEvidence } from '../imageEvidence/imageEvidence.ts';
import { layerFilesOf, type LayerRooms } from '../imageEvidence/layerFiles.ts';
import { readInlineCache } from '../inlineCache/readInlineCache.ts';
import { type LocalImage, readLocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { completedPart } from '../seen/completedPart.ts';
import { LikelyImages } from './likelyImages.ts';

/** The engine's images with their layers. */
export interface ImageRooms extends LayerRooms {
  imageIn(endpoint: EngineEndpoint, id: string, options?: CallOptions): Promise<Image>;
}

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

interface Candidates {
  readonly named: readonly LocalImage[];
  readonly likely: readonly LocalImage[];
  /** Of those, what is worth being compared layer by layer. */
  readonly close: readonly LocalImage[];
}

const closeShare = 0.75;

const kindsOfImages: readonly EvidenceKind[] = ['inline-cache', 'history-record', 'image'];

/** Builds by history that are looked at, and images that are compared layer by layer. */
const mostBuilds = 5;
const mostCompared = 2;

/** What one engine tells of builds by its BuildKit, with what was read of it before and does not change. */
export class EngineEvidence {
  readonly #engine: AskedEngine;
  readonly #rooms: ImageRooms;
  readonly #log: Logger;
  readonly #likely: LikelyImages;
  readonly #history: HistoryMemory = new Map();
  readonly #inline = new Map<string, SeenBuild | undefined>();
  readonly #hashes = new Map<string, string>();

  constructor(engine: AskedEngine, rooms: ImageRooms, log: Logger) {
    this.#engine = engine;
    this.#rooms = rooms;
    this.#log = log;
    this.#likely = new LikelyImages(engine.client);
  }

  /** What cannot be read is left out. @throws EngineError `cancelled`. */
  async find(question: EvidenceQuestion, options: CallOptions): Promise<FoundEvidence> {
    const { signal } = options;
    const { client, buildkit } = this.#engine;
    const listing = this.#unless('the list', () => readBuilderList(client, buildkit, signal));
    const { named, likely, close } = await this.#candidates(question, signal);
    const images = distinct([...named, ...likely]);
    const format = keyFormatOf(buildkitVersionOf(question.build.builder));
    const [inline, builds] = await Promise.all([
      this.#inlineCaches(question, images, signal),
      this.#historyBuilds(question, images, format, signal),
    ]);
    const listed = await listing;
    const exact = [...question.seen, ...inline];
    // An image that another Dockerfile gave would only raise doubts about what is known exactly.
    const others = exact.length > 0 ? [] : [...(await this.#imagesOf(builds, question, signal)), ...close];
    const compared = await this.#compared(
      question,
      distinct([...named, ...others]),
      exact,
      format,
      listed,
      options,
    );
    const seen = [...inline, ...builds.map((build) => withoutDoubts(build, exact, images)), ...compared];
    return { seen: seen.sort((one, other) => (other.builtAt ?? 0) - (one.builtAt ?? 0)), listed };
  }

  /** Images by the request's names, and those that look like the Dockerfile's, best first. */
  async #candidates(
    { prepared, without }: EvidenceQuestion,
    signal: AbortSignal | undefined,
  ): Promise<Candidates> {
    if (kindsOfImages.every((kind) => without.includes(kind))) return { named: [], likely: [], close: [] };
    const likely = (await this.#unless('its images', () => this.#likely.find(prepared, signal))) ?? [];
    const [named, others] = await Promise.all([
      this.#read(prepared.request.tags, prepared, signal),
      this.#read(
        likely.map(({ id }) => id),
        prepared,
        signal,
      ),
    ]);
    const close = new Set(likely.flatMap(({ id, share }) => (share >= closeShare ? [id] : [])));
    return { named, likely: others, close: others.filter(({ id }) => close.has(id)) };
  }

  async #read(
    names: readonly string[],
    { request }: PreparedBuild,
    signal: AbortSignal | undefined,
  ): Promise<readonly LocalImage[]> {
    const { client } = this.#engine;
    const read = (name: string): Promise<LocalImage | undefined> =>
      this.#unless(name, () => readLocalImage(client, name, request.platform, signal));
    return (await Promise.all(names.map(read))).filter((image) => image !== undefined);
  }

  async #inlineCaches(
    { without }: EvidenceQuestion,
    images: readonly LocalImage[],
    signal: AbortSignal | undefined,
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
    signal: AbortSignal | undefined,
  ): Promise<readonly HistoryBuild[]> {
    if (without.includes('history-record')) return [];
    const digests = images.flatMap((image) =>
      [image.id, image.manifest].flatMap((digest): readonly (readonly [string, string])[] =>
        digest === undefined ? [] : [[digest, image.names[0] ?? image.id]],
      ),
    );
    const request = {
      fileName: path.basename(prepared.request.dockerfile),
      text: prepared.text,
      images: new Map(digests),
      builds: new Set(images.flatMap(({ builds }) => builds)),
      format,
      limit: mostBuilds,
    };
    const { buildkit } = this.#engine;
    const read = (): Promise<readonly HistoryBuild[]> =>
      readHistoryBuilds(buildkit, request, this.#history, signal);
    return (await this.#unless('its history', read)) ?? [];
  }

  /** Images that builds of the history gave, under whatever name. */
  #imagesOf(
    builds: readonly HistoryBuild[],
    { prepared, without }: EvidenceQuestion,
    signal: AbortSignal | undefined,
  ): Promise<readonly LocalImage[]> {
    if (without.includes('image')) return Promise.resolve([]);
    const digests = new Set(builds.flatMap(({ images }) => images));
    return this.#read([...digests].slice(0, mostCompared), prepared, signal);
  }

  /** Of images of which nothing exact is known, what their layers tell. */
  async #compared(
    { build, prepared, without }: EvidenceQuestion,
    images: readonly LocalImage[],
    exact: readonly SeenBuild[],
    format: KeyFormat,
    listed: readonly ListedRecord[] | undefined,
    options: CallOptions,
  ): Promise<readonly SeenBuild[]> {
    if (without.includes('image')) return [];
    const known = new Set(exact.map(({ imageId }) => imageId));
    const keyed = keyBuild(build, format);
    const found: SeenBuild[] = [];
    for (const { id } of images.filter((image) => !known.has(image.id)).slice(0, mostCompared)) {
      const seen = await this.#unless(id, async () => {
        const image = await this.#rooms.imageIn(this.#engine.client.endpoint, id, options);
        const layers = layerFilesOf(this.#rooms, image, this.#hashes);
        const baseHistory = await this.#baseHistory(prepared, options);
        const question = {
          build,
          keyed,
          image,
          layers,
          ...(listed && { listed }),
          ...(baseHistory && { baseHistory }),
        };
        return imageEvidence(question, options);
      });
      if (seen !== undefined) found.push({ ...seen, imageId: id });
    }
    return found;
  }

  /** Of the image that the target's chain begins with, oldest first. */
  async #baseHistory(
    { plan, images }: PreparedBuild,
    { signal }: CallOptions,
  ): Promise<readonly string[] | undefined> {
    let at = plan.target;
    for (let from = stageBase(plan, at); from?.kind === 'stage'; from = stageBase(plan, at)) at = from.index;
    const base = stageBase(plan, at);
    if (base?.kind !== 'image') return undefined;
    const found = [...images].find(([key]) => key.startsWith(`${base.name} `))?.[1];
    if (found?.kind !== 'found') return undefined;
    const rows = await this.#engine.client.imageHistory(found.image.id, signal && { signal });
    return rows.map(({ createdBy }) => createdBy).reverse();
  }

  /** Undefined when it cannot be read: then there is less to go by. */
  async #unless<T>(what: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      this.#log.debug(
        `${what} of the builder tells nothing: ${String(error instanceof EngineError ? error.message : error)}`,
      );
      return undefined;
    }
  }
}

/**
 * A build that is known exactly adds what only its history tells, the seconds: that history does not say what was copied
 * is no reason for doubt then.
 */
function withoutDoubts(
  { seen, images }: HistoryBuild,
  exact: readonly SeenBuild[],
  local: readonly LocalImage[],
): SeenBuild {
  const known = new Set(exact.flatMap(({ imageId }) => imageId ?? []));
  const manifests = local.flatMap(({ id, manifest }) =>
    known.has(id) && manifest !== undefined ? [manifest] : [],
  );
  const isKnown = images.some((digest) => known.has(digest) || manifests.some((each) => each === digest));
  return isKnown ? completedPart(seen, () => false) : seen;
}

function stageBase(
  { stages }: PreparedBuild['plan'],
  at: number | undefined,
): PreparedBuild['plan']['stages'][number]['from'] | undefined {
  return at === undefined ? undefined : stages[at]?.from;
}

function distinct(images: readonly LocalImage[]): readonly LocalImage[] {
  return [...new Map(images.map((image) => [image.id, image])).values()];
}
