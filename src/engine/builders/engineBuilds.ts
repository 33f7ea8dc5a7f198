import { type Disposable, EventEmitter } from '../base/event.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions } from '../base/progress.ts';
import type { BuildRequest } from '../build/buildRequest.ts';
import type { CacheReport } from '../build/cache/cacheReport.ts';
import type { ContextWork } from '../build/contextHash/contextWork.ts';
import type { Ledger } from '../build/ledger/ledger.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';
import { type AskedEngine, AskedEngines, type EngineDoor } from './askedEngine.ts';
import { BaseMemory } from './bases/baseMemory.ts';
import type { AskForImage } from './bases/findBase.ts';
import type { Builder, BuildOutcome, BuildRow, BuildRunOptions, Builds, StatusOptions } from './builds.ts';
import { EngineEvidence } from './evidence/engineEvidence.ts';
import type { ImageRooms } from './evidence/engineImages.ts';
import { buildersAt } from './knownBuilders/buildersAt.ts';
import { cacheNameOf } from './knownBuilders/engineBuilders.ts';
import { basesOfBuilder } from './localImages/basesOfBuilder.ts';
import { type PreparedBuild, prepareBuild } from './prepare/preparedBuild.ts';
import { uploadKeyOf } from './prepare/uploadKey.ts';
import { askBuilder, runBuild, type RunPlace } from './runs/buildRun.ts';
import type { Environment } from './runs/clientEnvironment.ts';
import { Recorder } from './seen/recorder.ts';
import { asUnderstood } from './seen/understood.ts';
import { withSeconds } from './seen/withSeconds.ts';
import type { SentContextWork } from './sentContexts/sentContextWork.ts';
import { SumMemory } from './sentContexts/sumMemory.ts';
import { copiesOf, imagesStatus, type ImagesStatusParts } from './status/imagesStatus.ts';
import { buildkitStatus, toBuildkitBuild } from './status/buildkitStatus.ts';
import { findImagesOf } from './status/findImages.ts';
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
  readonly #watches: ContextWatches;
  readonly #evidence = new Map<AskedEngine, EngineEvidence>();
  readonly #bases: BaseMemory;
  readonly #sums = new SumMemory();
  readonly #hearers = new Set<(engine: AskedEngine) => void>();
  readonly #seen = new EventEmitter<string>();
  readonly onDidSeeBuild = this.#seen.event;

  constructor(parts: BuildsParts) {
    this.#parts = parts;
    this.#engines = new AskedEngines(parts.connect);
    this.#bases = new BaseMemory(parts.ledger.directory);
    this.#watches = new ContextWatches(parts.contexts, parts.log);
  }

  builders(endpoint: EngineEndpoint, options: CallOptions = {}): Promise<readonly Builder[]> {
    return buildersAt(this.#engines.at(endpoint), this.#parts.env, options);
  }

  async status(builder: Builder, request: BuildRequest, options: StatusOptions = {}): Promise<CacheReport> {
    const engine = options.isOffline === true ? undefined : this.#engineOf(builder);
    if (engine !== undefined && builder.identity.client !== 'buildctl')
      for (const hear of this.#hearers) hear(engine);
    const asksRegistries = options.asksRegistries === true && options.isOffline !== true;
    const prepared = await this.#prepare(builder, request, engine, { ...options, asksRegistries });
    if (builder.identity.kind !== 'buildkit')
      return imagesStatus(prepared, engine && (await this.#imagesParts(builder, engine, options)), options);
    return this.#buildkitStatus(prepared, engine, options);
  }

  async #buildkitStatus(
    prepared: PreparedBuild,
    engine: AskedEngine | undefined,
    options: StatusOptions,
  ): Promise<CacheReport> {
    const { ledger, contexts, log } = this.#parts;
    const { builder, request } = prepared;
    await this.#watches.bringUpToDate(prepared.context, options);
    for (const named of prepared.namedContexts.values()) await contexts.refresh(named, options);
    const { without = [] } = options;
    const usesOwn = !without.includes('lamina');
    const seen = usesOwn ? await ledger.seen(cacheNameOf(builder.identity), request.dockerfile) : [];
    const key = uploadKeyOf(builder, request);
    const lastUpload = key === undefined || !usesOwn ? undefined : await ledger.lastUpload(key);
    const build = toBuildkitBuild(prepared, contexts.view(prepared.context, lastUpload), (each) =>
      contexts.view(each),
    );
    const found =
      engine && (await this.#evidenceOf(engine).find({ prepared, build, seen, without }, options));
    const inline = found?.seen.filter(({ kind }) => kind === 'inline-cache') ?? [];
    const own = asUnderstood(seen, inline);
    if (!own.isUnderstood) log.warn(`${builder.identity.name}: its keys are not understood`);
    const all = [...own.builds, ...(found?.seen ?? [])].sort(
      (one, other) => (other.builtAt ?? 0) - (one.builtAt ?? 0),
    );
    const answer = await buildkitStatus(build, { seen: all, listed: found?.listed }, options);
    const told = withSeconds(answer, all);
    const report = engine === undefined ? told : await engine.sizes.complete(told, options.signal);
    void this.#watches.lookAgain(prepared.context).catch((error: unknown) => {
      log.debug(`${request.context}: ${String(error)}`);
    });
    return report;
  }

  async #imagesParts(
    { identity }: Builder,
    engine: AskedEngine,
    options: StatusOptions,
  ): Promise<ImagesStatusParts> {
    const usesOwn = options.without?.includes('lamina') !== true;
    return {
      copies: usesOwn ? await this.#parts.ledger.copies(cacheNameOf(identity)) : new Map(),
      sums: this.#sums,
      contexts: this.#parts.sentContexts,
      images: (signal) => engine.memory.remember('images', () => engine.images.read(signal)),
      platform: await platformOf(engine, false, options),
      mayStartPrograms: true,
      registry: options.asksRegistries === true ? this.#parts.remoteBase : undefined,
    };
  }

  async build(builder: Builder, request: BuildRequest, options: BuildRunOptions = {}): Promise<BuildOutcome> {
    const engine = this.#engineOf(builder);
    const prepared = await this.#prepare(builder, request, engine, { ...options, asksRegistries: true });
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
    const prepared = await this.#prepare(builder, asked, engine, { ...options, asksRegistries: true });
    return askBuilder(prepared, this.#placeOf(engine), options);
  }

  watch(request: BuildRequest, onDidChange: () => void, by: 'platform' | 'host' = 'platform'): Disposable {
    const watch = this.#watches.add(request.context, onDidChange, by);
    const heard = this.#hear();
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

  async #prepare(
    builder: Builder,
    request: BuildRequest,
    engine: AskedEngine | undefined,
    options: CallOptions & Pick<StatusOptions, 'text' | 'asksRegistries'>,
  ): Promise<PreparedBuild> {
    const isAlone = builder.identity.client === 'buildctl';
    const asked = isAlone ? undefined : engine;
    const platform = await platformOf(engine, isAlone, options);
    const findImage = findImagesOf(asked, request, {
      memory: this.#bases,
      ...(options.asksRegistries === true && { registry: this.#registryOf(builder, request, engine) }),
    });
    return prepareBuild(builder, request, { text: options.text, platform, findImage }, options);
  }

  /** Where BuildKit asks, it is asked itself: it knows its mirrors. */
  #registryOf(
    { identity: { kind, client } }: Builder,
    { pull }: BuildRequest,
    engine: AskedEngine | undefined,
  ): AskForImage {
    const { remoteBase } = this.#parts;
    if (engine === undefined || kind !== 'buildkit') return remoteBase;
    const mode = pull === true ? 'pull' : client === 'buildctl' ? 'default' : 'local';
    return basesOfBuilder(engine.buildkit, mode, remoteBase);
  }

  /** The engines that statuses ask are heard as long as somebody looks after a context. */
  #hear(): Disposable {
    const hearing = new Map<AskedEngine, Disposable>();
    const hear = (engine: AskedEngine): void => {
      if (!hearing.has(engine)) hearing.set(engine, engine.memory.hold());
    };
    this.#hearers.add(hear);
    return {
      dispose: () => {
        this.#hearers.delete(hear);
        for (const each of hearing.values()) each.dispose();
      },
    };
  }

  /** Of builders whose images are their cache, what COPY lines printed is all that the images do not tell. */
  async #keepCopies(
    prepared: PreparedBuild,
    engine: AskedEngine | undefined,
    { log }: BuildOutcome,
  ): Promise<void> {
    const { builder, plan } = prepared;
    const hasStages = plan.stages.length > 1;
    if (engine === undefined || builder.identity.kind === 'buildkit' || !hasStages) return;
    const copies = await copiesOf(prepared, await this.#imagesParts(builder, engine, {}), log);
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

async function platformOf(
  engine: AskedEngine | undefined,
  isAlone: boolean,
  { signal }: CallOptions,
): Promise<Platform> {
  if (engine === undefined) return hostPlatform();
  if (!isAlone) return (await engine.client.capabilities(signal && { signal })).platform;
  const workers = await engine.memory.remember('workers', () => engine.buildkit.workers(signal));
  return workers[0]?.platform ?? hostPlatform();
}
