import { type Disposable, EventEmitter } from '../base/event.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions } from '../base/progress.ts';
import type { BuildRequest } from '../build/buildRequest.ts';
import type { CacheReport } from '../build/cache/cacheReport.ts';
import type { ContextWork } from '../build/contextHash/contextWork.ts';
import type { Ledger } from '../build/ledger/ledger.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import { type AskedEngine, AskedEngines } from './askedEngine.ts';
import { BaseMemory } from './bases/baseMemory.ts';
import type { AskForImage } from './bases/findBase.ts';
import type { Builder, BuildOutcome, BuildRow, BuildRunOptions, Builds, StatusOptions } from './builds.ts';
import { EngineEvidence } from './evidence/engineEvidence.ts';
import type { ImageRooms } from './evidence/engineImages.ts';
import { cacheNameOf, engineBuilders } from './knownBuilders/engineBuilders.ts';
import { type PreparedBuild, prepareBuild } from './prepare/preparedBuild.ts';
import { uploadKeyOf } from './prepare/uploadKey.ts';
import { askBuilder, runBuild, type RunPlace } from './runs/buildRun.ts';
import type { Environment } from './runs/clientEnvironment.ts';
import { Recorder } from './seen/recorder.ts';
import type { SentContextWork } from './sentContexts/sentContextWork.ts';
import { imagesStatus, type ImagesStatusParts } from './status/imagesStatus.ts';
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
  /** The client that the host's other questions use. */
  readonly connect: (endpoint: EngineEndpoint) => EngineClient;
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
  readonly #seen = new EventEmitter<string>();
  readonly onDidSeeBuild = this.#seen.event;

  constructor(parts: BuildsParts) {
    this.#parts = parts;
    this.#engines = new AskedEngines(parts.connect);
    this.#bases = new BaseMemory(parts.ledger.directory);
    this.#watches = new ContextWatches(parts.contexts, parts.log);
  }

  builders(endpoint: EngineEndpoint, options: CallOptions = {}): Promise<readonly Builder[]> {
    const { client, buildkit } = this.#engines.at(endpoint);
    return engineBuilders(
      client,
      { env: this.#parts.env, buildkitVersions: ({ signal }) => buildkit.versions(signal) },
      options,
    );
  }

  async status(builder: Builder, request: BuildRequest, options: StatusOptions = {}): Promise<CacheReport> {
    const engine = options.isOffline === true ? undefined : this.#engineOf(builder);
    const prepared = await this.#prepare(builder, request, engine, options);
    if (builder.identity.kind !== 'buildkit')
      return imagesStatus(prepared, engine && (await this.#imagesParts(engine, options)), options);
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
    const all = [...seen, ...(found?.seen ?? [])].sort(
      (one, other) => (other.builtAt ?? 0) - (one.builtAt ?? 0),
    );
    const told = await buildkitStatus(build, { seen: all, listed: found?.listed }, options);
    const report = engine === undefined ? told : await engine.sizes.complete(told, options.signal);
    void this.#watches.lookAgain(prepared.context).catch((error: unknown) => {
      log.debug(`${request.context}: ${String(error)}`);
    });
    return report;
  }

  async #imagesParts(engine: AskedEngine, options: CallOptions): Promise<ImagesStatusParts> {
    return {
      contexts: this.#parts.sentContexts,
      images: (signal) => engine.images.read(signal),
      platform: await platformOf(engine, options),
      mayStartPrograms: true,
      sums: {},
    };
  }

  async build(builder: Builder, request: BuildRequest, options: BuildRunOptions = {}): Promise<BuildOutcome> {
    const engine = this.#engineOf(builder);
    const prepared = await this.#prepare(builder, request, engine, { ...options, asksRegistries: true });
    await this.#parts.contexts.refresh(prepared.context, options);
    const recorder = await this.#recorder(prepared, engine, options);
    const outcome = await runBuild(prepared, this.#placeOf(engine), options);
    await recorder?.end(outcome).catch((error: unknown) => {
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
    const prepared = await this.#prepare(builder, request, engine, { ...options, asksRegistries: true });
    return askBuilder(prepared, this.#placeOf(engine), options);
  }

  watch(request: BuildRequest, onDidChange: () => void, by: 'platform' | 'host' = 'platform'): Disposable {
    return this.#watches.add(request.context, onDidChange, by);
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
    const asked = builder.identity.client === 'buildctl' ? undefined : engine;
    const platform = await platformOf(asked, options);
    const findImage = findImagesOf(asked?.client, request, {
      memory: this.#bases,
      ...(options.asksRegistries === true && { registry: this.#parts.remoteBase }),
    });
    return prepareBuild(builder, request, { text: options.text, platform, findImage }, options);
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

async function platformOf(engine: AskedEngine | undefined, { signal }: CallOptions): Promise<Platform> {
  if (engine === undefined) return hostPlatform();
  return (await engine.client.capabilities(signal && { signal })).platform;
}
