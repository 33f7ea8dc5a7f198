import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import type { Image } from '../../sources/image.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { ContentGap, HistoryBuild } from '../historyRecords/historyBuild.ts';
import { type HistoryMemory, isMostlyLike, readHistoryBuilds } from '../historyRecords/readHistoryBuilds.ts';
import {
  confirmContents,
  type ContentsQuestion,
  type FindBuilt,
  type FindMade,
} from '../imageEvidence/confirmContents.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import { completedPart } from '../seen/completedPart.ts';
import { BuildxRefs } from './buildxRefs.ts';
import { BuiltHere } from './builtHere.ts';
import type { EngineImages } from './engineImages.ts';
import { digestsOf, type EvidenceQuestion, type KeyedQuestion } from './evidenceQuestion.ts';
import { isExplained } from './explainedHistory.ts';
import { SeenContents } from './seenContents.ts';
import type { StoredChains } from './storedChains.ts';
import type { UnlessUnreadable } from './unlessUnreadable.ts';

/** Builds by history that are looked at. */
const mostBuilds = 5;

export interface HistoryPlaces {
  readonly images: EngineImages;
  readonly chains: StoredChains;
}

/** What BuildKit's history tells, and the layers that fill in what it leaves out. */
export class HistoryEvidence {
  readonly #engine: AskedEngine;
  readonly #places: HistoryPlaces;
  readonly #unless: UnlessUnreadable;
  readonly #history: HistoryMemory = new Map();
  readonly #refs = new BuildxRefs();
  readonly #here: BuiltHere;

  constructor(engine: AskedEngine, places: HistoryPlaces, unless: UnlessUnreadable) {
    this.#engine = engine;
    this.#places = places;
    this.#unless = unless;
    this.#here = new BuiltHere(engine, this.#refs);
  }

  /** Builds of the Dockerfile as they are recorded. @param images that are known to be of it. */
  async read(
    { prepared, without, here }: EvidenceQuestion,
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
    const builds = (await this.#unless('its history', read)) ?? [];
    const isKnown = ({ seen, images: made }: HistoryBuild): boolean =>
      request.builds.has(seen.subject ?? '') ||
      made.some((digest) => request.images.has(digest)) ||
      isMostlyLike(seen.dockerfile ?? '', prepared.text);
    return Promise.all(
      builds.map(async (build) => {
        const isOfFile = (await this.#isOfFile(build, prepared, here)) ?? isKnown(build);
        return isOfFile ? build : ofAnotherFile(build);
      }),
    );
  }

  /** Where buildx keeps which file it was; undefined where that is not known, or the file lies there no more. */
  async #isOfFile(
    { seen }: HistoryBuild,
    { request }: EvidenceQuestion['prepared'],
    here: EvidenceQuestion['here'],
  ): Promise<boolean | undefined> {
    if (here === undefined || seen.subject === undefined) return undefined;
    const { dockerfile } = (await this.#refs.find(seen.subject, here.env)) ?? {};
    if (dockerfile === undefined) return undefined;
    const [was, is] = await Promise.all(
      [dockerfile, request.dockerfile].map((each) => realpath(each).catch(() => undefined)),
    );
    return was === undefined ? undefined : was === is;
  }

  /** Those builds with the contents that their layers confirm. @param exact builds that are known exactly. */
  async told(
    question: KeyedQuestion,
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
    asked: KeyedQuestion,
    history: HistoryBuild,
    images: readonly LocalImage[],
    options: CallOptions,
  ): Promise<SeenBuild> {
    const { build, keyed, without } = asked;
    const findBuilt: FindBuilt = (sent) =>
      this.#unless('its directory', () => this.#here.find(history, sent, asked, options));
    const contents = await this.#seenContents(asked, history);
    const question = { build, keyed, history, findBuilt, contents };
    const seen = without.includes('image')
      ? await confirmContents(question, options)
      : await this.#shownByLayers(asked, question, images, options);
    await this.#unless('its notes', () => contents?.keep(options) ?? Promise.resolve());
    return { ...seen, ...(contents?.upload !== undefined && { upload: contents.upload }) };
  }

  async #seenContents(
    { here, ...asked }: KeyedQuestion,
    history: HistoryBuild,
  ): Promise<SeenContents | undefined> {
    if (here === undefined || history.seen.subject === undefined) return undefined;
    return this.#unless('its notes', () => SeenContents.of(history, { ...asked, here }));
  }

  async #shownByLayers(
    { prepared }: KeyedQuestion,
    question: ContentsQuestion,
    images: readonly LocalImage[],
    options: CallOptions,
  ): Promise<SeenBuild> {
    const { history } = question;
    const isAlone = prepared.builder.identity.client === 'buildctl';
    const local = isAlone ? undefined : await this.#imageOf(history, images, prepared, options);
    const findMade = await this.#layersOf(local, options);
    const seen =
      (await this.#unless('its layers', () => confirmContents({ ...question, findMade }, options))) ??
      (await confirmContents(question, options));
    return local === undefined ? seen : { ...seen, imageId: local.id };
  }

  /** Layers of the engine's image, and of the builder's content store those that no image has. */
  async #layersOf(local: LocalImage | undefined, options: CallOptions): Promise<FindMade> {
    const { images, chains } = this.#places;
    const made = local && (await this.#unless(local.id, () => images.withLayers(local.id, options)));
    return async ({ layer, chain = [] }) => {
      const position = made?.image.layers.find((each) => isLayer(each, layer))?.position;
      if (made !== undefined && position !== undefined) {
        const created = made.image.steps.find((step) => step.layer === position)?.item?.created;
        return { layers: made.layers, position, created };
      }
      return this.#unless('its content', () => chains.find(chain, options));
    };
  }

  async #imageOf(
    { images: digests }: HistoryBuild,
    images: readonly LocalImage[],
    { request }: KeyedQuestion['prepared'],
    options: CallOptions,
  ): Promise<LocalImage | undefined> {
    const known = images.find((image) => digestsOf(image).some((digest) => digests.includes(digest)));
    const [first] = digests;
    if (known !== undefined || first === undefined) return known;
    return this.#unless(first, () => this.#places.images.find(first, request.platform, options));
  }
}

function ofAnotherFile(build: HistoryBuild): HistoryBuild {
  return { ...build, seen: { ...build.seen, isOfAnotherFile: true } };
}

function isLayer({ diffId, blob }: Image['layers'][number], layer: ContentGap['layer']): boolean {
  if (layer?.diffId !== undefined) return layer.diffId === diffId;
  return layer?.digest !== undefined && layer.digest === blob.descriptor?.digest;
}
