import { type Disposable, EventEmitter } from '../base/event.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions } from '../base/progress.ts';
import type { BuildRequest } from '../build/buildRequest.ts';
import type { CacheReport } from '../build/cache/cacheReport.ts';
import type { ContextWork } from '../build/contextHash/contextWork.ts';
import type { Ledger } from '../build/ledger/ledger.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';
import { type AskedEngine, AskedEngines, type EngineDoor } from './askedEngine.ts';
import { BaseMemory } from './bases/baseMemory.ts';
import type { AskForImage } from './bases/findBase.ts';
import type { Builder, BuildOutcome, BuildRow, BuildRunOptions, Builds, StatusOptions } from './builds.ts';
import { EngineEvidence } from './evidence/engineEvidence.ts';
import type { ImageRooms } from './evidence/engineImages.ts';
import { buildersAt } from './knownBuilders/buildersAt.ts';
import { cacheNameOf } from './knownBuilders/engineBuilders.ts';
import { LocalBuildahs } from './localBuildah/localBuildahs.ts';
import { EngineHearing } from './engineHearing.ts';
import type { ReadImages } from './prepare/findImages.ts';
import type { PreparedBuild } from './prepare/preparedBuild.ts';
import { platformOf, Preparer } from './prepare/preparer.ts';
import { askBuilder, runBuild, type RunPlace } from './runs/buildRun.ts';
import type { Environment } from './runs/clientEnvironment.ts';
import { Recorder } from './seen/recorder.ts';
import type { SentContextWork } from './sentContexts/sentContextWork.ts';
import { SumMemory } from './sentContexts/sumMemory.ts';
import { copiesOf, imagesStatus, type ImagesStatusParts } from './status/imagesStatus.ts';
import { statusOfBuild } from './status/statusOfBuild.ts';
import { ContextWatches } from './watchContexts.ts';

export interface BuildsParts {
  readonly log: Logger;
  /** What clients' programs are found by and started with. */
  readonly env: Environment;
  readonly ledger: Ledger;
  readonly contexts: ContextWork;
  readonly sentContexts: SentContextWork;
  readonly connect: (endpoint: EngineEndpoint) => EngineDoor;
  readonly rooms: ImageRooms;
  /** An image as its registry has it. */
  readonly remoteBase: AskForImage;
}

/** Builders behind one facade. */
export class EngineBuilds implements Builds, Disposable {
  readonly #parts: BuildsParts;
  readonly #engines: AskedEngines;
  readonly #buildahs: LocalBuildahs;
  readonly #watches: ContextWatches;
  readonly #evidence = new Map<AskedEngine, EngineEvidence>();
  readonly #preparer: Preparer;
  readonly #sums = new SumMemory();
  readonly #hearing = new EngineHearing();
  readonly #seen = new EventEmitter<string>();
  readonly onDidSeeBuild = this.#seen.event;

  constructor(parts: BuildsParts) {
    this.#parts = parts;
    this.#engines = new AskedEngines(parts.connect);
    this.#buildahs = new LocalBuildahs(parts.env);
    this.#preparer = new Preparer({
      bases: new BaseMemory(parts.ledger.directory),
      remoteBase: parts.remoteBase,
      storeOf: (builder) => this.#storeOf(builder),
    });
    this.#watches = new ContextWatches(parts.contexts, parts.log);
  }

  builders(endpoint: EngineEndpoint, options: CallOptions = {}): Promise<readonly Builder[]> {
    return buildersAt(this.#engines.at(endpoint), this.#parts.env, options);
  }

  localBuilders(options: CallOptions = {}): Promise<readonly Builder[]> {
    return this.#buildahs.builders(options);
  }

  async status(builder: Builder, request: BuildRequest, options: StatusOptions = {}): Promise<CacheReport> {
    const isOffline = options.isOffline === true;
    const engine = isOffline ? undefined : this.#engineOf(builder);
    if (engine !== undefined && builder.identity.client !== 'buildctl') this.#hearing.ask(engine);
    const asksRegistries = options.asksRegistries === true && !isOffline;
    const prepared = await this.#preparer.prepare(builder, request, engine, { ...options, asksRegistries });
    if (builder.identity.kind !== 'buildkit') {
      const parts = isOffline ? undefined : await this.#imagesParts(builder, engine, options);
      return imagesStatus(prepared, parts, options);
    }
    return this.#buildkitStatus(prepared, engine, options);
  }

  async #buildkitStatus(
    prepared: PreparedBuild,
    engine: AskedEngine | undefined,
    options: StatusOptions,
  ): Promise<CacheReport> {
    const { contexts, log, remoteBase } = this.#parts;
    await this.#watches.bringUpToDate(prepared.context, options);
    for (const named of prepared.namedContexts.values()) await contexts.refresh(named, options);
    const mayAsk = options.asksRegistries === true && options.isOffline !== true;
    const places = {
      ...this.#parts,
      registry: mayAsk ? remoteBase : undefined,
      asked: engine && { engine, evidence: this.#evidenceOf(engine) },
    };
    const report = await statusOfBuild(prepared, places, options);
    void this.#watches.lookAgain(prepared.context).catch((error: unknown) => {
      log.debug(`${prepared.request.context}: ${String(error)}`);
    });
    return report;
  }

  /** Undefined of a builder that cannot be asked. */
  async #imagesParts(
    builder: Builder,
    engine: AskedEngine | undefined,
    options: StatusOptions,
  ): Promise<ImagesStatusParts | undefined> {
    const { identity } = builder;
    const images = engine === undefined ? this.#storeOf(builder) : imagesOf(engine);
    if (images === undefined) return undefined;
    const usesOwn = options.without?.includes('lamina') !== true;
    return {
      copies: usesOwn ? await this.#parts.ledger.copies(cacheNameOf(identity)) : new Map(),
      sums: this.#sums,
      contexts: this.#parts.sentContexts,
      images,
      platform: await platformOf(engine, false, options),
      mayStartPrograms: true,
      registry: options.asksRegistries === true ? this.#parts.remoteBase : undefined,
    };
  }

  async build(builder: Builder, request: BuildRequest, options: BuildRunOptions = {}): Promise<BuildOutcome> {
    const engine = this.#engineOf(builder);
    const prepared = await this.#preparer.prepare(builder, request, engine, {
      ...options,
      asksRegistries: true,
    });
    await this.#parts.contexts.refresh(prepared.context, options);
    const recorder = await this.#recorder(prepared, engine, options);
    const outcome = await runBuild(prepared, this.#placeOf(engine), options);
    engine?.memory.forget();
    const recording = recorder?.end(outcome) ?? this.#keepCopies(prepared, engine, outcome);
    await recording.catch((error: unknown) => {
      this.#parts.log.warn(`${request.dockerfile}: no record of the build is kept: ${String(error)}`);
    });
    this.#seen.fire(request.dockerfile);
    return outcome;
  }

  async ask(
    builder: Builder,
    request: BuildRequest,
    options: BuildRunOptions = {},
  ): Promise<readonly BuildRow[]> {
    const engine = this.#engineOf(builder);
    // A question moves no name.
    const asked = { ...request, tags: [] };
    const prepared = await this.#preparer.prepare(builder, asked, engine, {
      ...options,
      asksRegistries: true,
    });
    return askBuilder(prepared, this.#placeOf(engine), options);
  }

  watch(request: BuildRequest, onDidChange: () => void, by: 'platform' | 'host' = 'platform'): Disposable {
    const watch = this.#watches.add(request.context, onDidChange, by);
    const heard = this.#hearing.begin();
    return {
      dispose: () => {
        heard.dispose();
        watch.dispose();
      },
    };
  }

  contextChanged(paths: readonly string[]): void {
    this.#watches.changed(paths);
  }

  dispose(): void {
    this.#watches.dispose();
    this.#engines[Symbol.dispose]();
  }

  /** Of buildah without an engine. */
  #storeOf({ identity: { client }, program }: Builder): ReadImages | undefined {
    if (client !== 'buildah' || program === undefined) return undefined;
    return (signal) => this.#buildahs.images(program, signal);
  }

  #engineOf({ endpoint }: Builder): AskedEngine | undefined {
    return endpoint && this.#engines.at(endpoint);
  }

  #evidenceOf(engine: AskedEngine): EngineEvidence {
    const { rooms, log } = this.#parts;
    const evidence = this.#evidence.get(engine) ?? new EngineEvidence(engine, rooms, log);
    this.#evidence.set(engine, evidence);
    return evidence;
  }

  #placeOf(engine: AskedEngine | undefined): RunPlace {
    return { env: this.#parts.env, client: engine?.client };
  }

  /** Of builders whose images are their cache, what COPY lines printed is all that the images do not tell. */
  async #keepCopies(
    prepared: PreparedBuild,
    engine: AskedEngine | undefined,
    { log }: BuildOutcome,
  ): Promise<void> {
    const { builder, plan } = prepared;
    const hasStages = plan.stages.length > 1;
    if (builder.identity.kind === 'buildkit' || !hasStages) return;
    const parts = await this.#imagesParts(builder, engine, {});
    if (parts === undefined) return;
    const copies = await copiesOf(prepared, parts, log);
    await this.#parts.ledger.addCopies(cacheNameOf(builder.identity), copies);
  }

  /** A build that cannot be recorded is made all the same. */
  async #recorder(
    prepared: PreparedBuild,
    engine: AskedEngine | undefined,
    options: CallOptions,
  ): Promise<Recorder | undefined> {
    if (prepared.builder.identity.kind !== 'buildkit') return undefined;
    const { log, ledger, contexts } = this.#parts;
    try {
      return await Recorder.begin({ log, ledger, contexts, engine }, prepared, options);
    } catch (error) {
      log.warn(`${prepared.request.dockerfile}: no record of the build will be kept: ${String(error)}`);
      return undefined;
    }
  }
}

function imagesOf({ memory, images }: AskedEngine): ReadImages {
  return (signal) => memory.remember('images', () => images.read(signal));
}
