import { hostSliceMs, Pacer } from '../../base/abort.ts';
import type { Logger } from '../../base/log.ts';
import { inPieces } from '../../base/pieces.ts';
import type { CallOptions } from '../../base/progress.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { EvidenceKind } from '../../build/cache/cacheReport.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import { keyingOf } from '../../build/vertices/keyBuild.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { readBuilderList } from '../builderList/readBuilderList.ts';
import { hostPlatform } from '../../oci/platform.ts';
import type { HistoryBuild } from '../historyRecords/historyBuild.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import { ComparedImages } from './comparedImages.ts';
import { EngineImages, type ImageRooms } from './engineImages.ts';
import type { EvidenceQuestion, FoundEvidence } from './evidenceQuestion.ts';
import { HistoryEvidence } from './historyEvidence.ts';
import { InlineCaches } from './inlineCaches.ts';
import { StoredChains } from './storedChains.ts';
import { StoredImages, withoutPlaces } from './storedImages.ts';
import { type UnlessUnreadable, unlessUnreadable } from './unlessUnreadable.ts';

export type { FoundEvidence };

const kindsOfImages: readonly EvidenceKind[] = ['inline-cache', 'history-record', 'image'];

/** What one engine tells of builds by its BuildKit, with what was read of it before and does not change. */
export class EngineEvidence {
  readonly #engine: AskedEngine;
  readonly #images: EngineImages;
  readonly #chains: StoredChains;
  readonly #inline: InlineCaches;
  readonly #history: HistoryEvidence;
  readonly #compared: ComparedImages;
  readonly #unless: UnlessUnreadable;
  /** How often something could not be read: questions that run at once ask the same engine. */
  #unread = 0;

  constructor(engine: AskedEngine, rooms: ImageRooms, log: Logger) {
    this.#engine = engine;
    this.#unless = unlessUnreadable(log, () => {
      this.#unread += 1;
    });
    this.#images = new EngineImages(engine, rooms);
    this.#inline = new InlineCaches(engine.buildkit, this.#unless);
    this.#chains = new StoredChains(engine.buildkit, rooms);
    const places = { images: this.#images, chains: this.#chains };
    this.#history = new HistoryEvidence(engine, places, this.#unless);
    this.#compared = new ComparedImages(this.#images, this.#unless);
  }

  /** What cannot be read is left out. @throws EngineError `cancelled`. */
  async find(question: EvidenceQuestion, options: CallOptions): Promise<FoundEvidence> {
    const before = this.#unread;
    const listing = this.#list(question, options);
    const images = await this.#builtImages(question, options);
    const format = keyFormatOf(buildkitVersionOf(question.build.builder));
    const stored = this.#storedImages(question);
    const isTold = !question.without.includes('history-record');
    // What stands alone has no other list of its images.
    const asked = stored === undefined ? question : { ...question, without: [] };
    const reading = this.#history.read(asked, images, format, options);
    const results = stored === undefined ? images : await this.#resultsOf(await reading, stored, options);
    const [inline, builds] = await Promise.all([this.#inlineOf(results, question, options), reading]);
    const listed = await listing;
    const exact = [...question.seen, ...inline];
    const pacer = new Pacer(options.signal, question.build.request.dockerfile, undefined, hostSliceMs);
    const keyed = await inPieces(keyingOf(question.build, format), pacer);
    const compared = { ...question, keyed, listed };
    const comparing = stored === undefined ? this.#compared : new ComparedImages(stored, this.#unless);
    const completed = await Promise.all(inline.map((seen) => comparing.complete(compared, seen, options)));
    // A cache that was emptied since has nothing of a build; the history keeps it.
    const kept = builds.filter(({ seen }) => isTold && isOfList(seen, listed));
    const told = await this.#history.told(compared, kept, exact, results, options);
    const others = await this.#compared.compare(compared, images, [...exact, ...told], options);
    return { seen: [...completed, ...told, ...others], listed, isUnread: this.#unread > before };
  }

  /** Undefined of a builder in an engine, which has images of its own. */
  #storedImages({ prepared: { builder, plan } }: EvidenceQuestion): StoredImages | undefined {
    if (builder.identity.client !== 'buildctl') return undefined;
    const platform = plan.stages[plan.target ?? 0]?.platform ?? hostPlatform();
    return new StoredImages(this.#engine.buildkit, this.#chains, platform);
  }

  async #resultsOf(
    builds: readonly HistoryBuild[],
    stored: StoredImages,
    options: CallOptions,
  ): Promise<readonly LocalImage[]> {
    return (await this.#unless('its content', () => stored.of(builds, options))) ?? [];
  }

  async #inlineOf(
    images: readonly LocalImage[],
    { prepared, without }: EvidenceQuestion,
    options: CallOptions,
  ): Promise<readonly SeenBuild[]> {
    if (without.includes('inline-cache')) return [];
    const found = await this.#inline.of(images, options);
    return prepared.builder.identity.client === 'buildctl' ? found.map(withoutPlaces) : found;
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
}

/** Whether a builder's list has anything that is as old as a build. */
function isOfList({ builtAt }: SeenBuild, listed: readonly ListedRecord[] | undefined): boolean {
  const times = listed?.flatMap(({ createdAt, type }) => (type === 'regular' ? (createdAt ?? 0) : [])) ?? [0];
  return builtAt === undefined || times.some((time) => time <= builtAt);
}
