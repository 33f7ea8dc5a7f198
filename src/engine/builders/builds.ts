import type { CallOptions } from '../base/progress.ts';
import type { Disposable, Event } from '../base/event.ts';
import type { BuildRequest } from '../build/buildRequest.ts';
import type { BuilderIdentity } from '../build/builder.ts';
import type { CacheReport } from '../build/cache/cacheReport.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';

/** Builders: what the next build will reuse, building, and asking a builder for real. */
export interface Builds {
  /**
   * The builders that can be used with an engine, the one that `docker build` would take first. Nothing is built: the
   * engine is asked for its versions, and clients' programs for theirs.
   *
   * @throws EngineError `unreachable` and what else the engine's client says.
   */
  builders(endpoint: EngineEndpoint, options?: CallOptions): Promise<readonly Builder[]>;
  /**
   * The builders of this machine that belong to no engine: buildah, where its program is in PATH. It is asked for its
   * version and the place of its store.
   *
   * @throws EngineError `cancelled`.
   */
  localBuilders(options?: CallOptions): Promise<readonly Builder[]>;
  /**
   * What the next build will take from the cache. Nothing is built and nothing is started; only the builder's engine is
   * asked, and not even that when `isOffline` (restricted mode): then what was seen before decides.
   *
   * @throws EngineError `not-found` for the context or the Dockerfile; `cancelled`.
   */
  status(builder: Builder, request: BuildRequest, options?: StatusOptions): Promise<CacheReport>;
  /**
   * Builds, and keeps a record for later statuses. A failed build is an outcome, not an error.
   *
   * @throws EngineError `unreachable`, `unsupported`, `cancelled`.
   */
  build(builder: Builder, request: BuildRequest, options?: BuildRunOptions): Promise<BuildOutcome>;
  /**
   * Starts a build and stops it at the first step that is not cached: a RUN may have begun. Rows are those of steps, from the
   * top of the file; what was not reached has none, and neither has FROM, which says nothing of the cache.
   */
  ask(builder: Builder, request: BuildRequest, options?: BuildRunOptions): Promise<readonly BuildRow[]>;
  /** A build was seen: statuses of its Dockerfile are out of date. The value is the Dockerfile's path. */
  readonly onDidSeeBuild: Event<string>;
  /**
   * Looks after a context until it is disposed: changed files are hashed as they are saved, and told of. Without it each
   * status looks at all files of the context again.
   *
   * @param by who sees changes: the platform, where it can watch whole trees (macOS, Windows; elsewhere nothing is told),
   *   or the host, which calls `contextChanged`.
   */
  watch(request: BuildRequest, onDidChange: () => void, by?: 'platform' | 'host'): Disposable;
  /** Files or folders that a host saw change, come or go: absolute paths, in any context or in none. */
  contextChanged(paths: readonly string[]): void;
}

export interface Builder {
  readonly identity: BuilderIdentity;
  /** Of its engine; undefined of a builder that has none ({@link Builds.localBuilders}). */
  readonly endpoint?: EngineEndpoint;
  /** The client's program, where one is used. */
  readonly program?: string;
}

export interface StatusOptions extends CallOptions {
  /** The Dockerfile's text when it is another than on the disk: what is being edited. */
  readonly text?: string;
  /**
   * Base images that the engine does not have are asked for at their registries, as the builder would: only when a person
   * asked for it. Without it, what those said before is assumed.
   */
  readonly asksRegistries?: boolean;
  /**
   * Told, at most once and before the answer, what is sure already while the layers of an image are read, which takes a
   * while the first time: steps that only they can tell of are unknown with `layers-being-read`.
   */
  readonly onPartial?: (report: CacheReport) => void;
  /** No engine, no builder's or client's program, no network, whatever else is asked for. */
  readonly isOffline?: boolean;
  /** Kinds of evidence that are not to be used; tests ask for each kind alone. */
  readonly without?: readonly ('lamina' | 'inline-cache' | 'history-record' | 'builder-images' | 'image')[];
}

export interface BuildRunOptions extends CallOptions {
  /** As the builder tells it; a row comes again when it changed. */
  readonly onRow?: (row: BuildRow) => void;
  readonly onLog?: (log: BuildLog) => void;
}

/** One row of a running build. */
export interface BuildRow {
  /** The builder's name of the vertex, stable during the build. */
  readonly id: string;
  /** `[build 2/5] RUN make` */
  readonly name: string;
  /** The instruction of the file, where it is one. */
  readonly instruction?: number;
  readonly state: 'waiting' | 'running' | 'cached' | 'done' | 'failed' | 'cancelled';
  /** Milliseconds since 1970. */
  readonly started?: number;
  readonly completed?: number;
  readonly failure?: string;
}

export interface BuildLog {
  /** Of the row it belongs to. */
  readonly row: string;
  readonly text: string;
}

export interface BuildOutcome {
  readonly rows: readonly BuildRow[];
  /** Undefined when it failed, and of a builder that keeps no image of a build without a name. */
  readonly image?: string;
  readonly failure?: BuildFailure;
  /** Everything that was printed, in the order in which it came. */
  readonly log: string;
}

export interface BuildFailure {
  readonly message: string;
  readonly instruction?: number;
  /** The end of what the failed step printed. */
  readonly output: string;
}
