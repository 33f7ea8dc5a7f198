import type { Duplex, Readable } from 'node:stream';
import type { Platform } from '../../oci/platform.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type * as api from './engineApi.ts';

export interface StopOption {
  /** The call fails with `cancelled` soon after it fires, and its connection is closed. */
  readonly signal?: AbortSignal;
}

export interface TransferOptions extends StopOption {
  readonly auth?: api.EngineRegistryAuth;
  readonly platform?: Platform;
  readonly onEvent?: (event: api.TransferEvent) => void;
}

export interface EventOptions extends StopOption {
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly filters?: EngineFilters;
  /** The engine has answered: what happens from now on is told. */
  readonly onOpen?: () => void;
}

export interface LogOptions extends StopOption {
  /** Goes on until the container stops. */
  readonly follow?: boolean;
  /** Only so many lines from the end. */
  readonly tail?: number;
  readonly timestamps?: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
}

/** `key: [values]`, as `docker … --filter`. */
export type EngineFilters = Readonly<Record<string, readonly string[]>>;

/**
 * One engine, Docker or Podman, spoken to over HTTP. Making it connects nothing; each call does, and idle connections
 * are kept for a while. Options that this engine's API lacks are left out, never refused: see `capabilities`.
 *
 * Every call throws EngineError whose subject is the endpoint: `unreachable` (nobody answers, or the connection broke;
 * the detail says why), `denied` (the socket's permissions), `unsupported` (API below 1.41, or no such call),
 * `not-found`, `busy` (409), `no-space`, `refused` (any other no, in the engine's words), `truncated` (the answer ended
 * early), `limit-exceeded` (an answer beyond all bounds), `cancelled`.
 */
export interface EngineClient extends Disposable {
  readonly endpoint: EngineEndpoint;

  /** Asks `/_ping`; true when it answers. Never throws for an engine that is not there. */
  ping(options?: StopOption): Promise<boolean>;
  /** Asked once, and again after the connection broke. */
  capabilities(options?: StopOption): Promise<api.EngineCapabilities>;
  version(options?: StopOption): Promise<api.EngineVersion>;
  info(options?: StopOption): Promise<api.EngineInfo>;
  /** As they come, until the signal fires (the loop then ends with `cancelled`), or until that instant. */
  events(options?: EventOptions): AsyncIterable<api.EngineEvent>;
  diskUsage(
    options?: StopOption & { types?: readonly api.DiskUsageType[]; verbose?: boolean },
  ): Promise<api.EngineDiskUsage>;

  listImages(
    options?: StopOption & {
      all?: boolean;
      manifests?: boolean;
      sharedSize?: boolean;
      filters?: EngineFilters;
    },
  ): Promise<readonly api.EngineImage[]>;
  inspectImage(
    name: string,
    options?: StopOption & { platform?: Platform; manifests?: boolean },
  ): Promise<api.EngineImageDetails>;
  imageHistory(
    name: string,
    options?: StopOption & { platform?: Platform },
  ): Promise<readonly api.EngineHistoryRow[]>;
  /** The archive as `docker save` writes it, while it comes. Destroying the stream cancels. */
  saveImages(
    names: readonly string[],
    options?: StopOption & { platforms?: readonly Platform[] },
  ): Promise<Readable>;
  /** @throws EngineError `refused`, `no-space`, … when the engine says no in mid-stream. */
  loadImages(
    archive: AsyncIterable<Uint8Array>,
    options?: StopOption & { platforms?: readonly Platform[]; onEvent?: (event: api.TransferEvent) => void },
  ): Promise<api.LoadResult>;
  /** @param target a name with or without a tag (`latest` then). */
  tagImage(name: string, target: string, options?: StopOption): Promise<void>;
  removeImage(
    name: string,
    options?: StopOption & { force?: boolean; noPrune?: boolean },
  ): Promise<api.ImageRemoval>;
  /** @param name with tag or digest; `latest` when it has neither. */
  pullImage(name: string, options?: TransferOptions): Promise<api.PullResult>;
  pushImage(name: string, options?: TransferOptions): Promise<api.PushResult>;
  distributionInspect(
    name: string,
    options?: StopOption & { auth?: api.EngineRegistryAuth },
  ): Promise<api.DistributionDetails>;

  /**
   * Builds an image of a tar, without a client's program. Gives the lines of the answer as they come; leaving the loop, or
   * the signal, closes the connection, which ends the build.
   *
   * @param query the parameters of `POST /build`: objects become JSON, lists several parameters of one name.
   */
  buildImage(
    context: AsyncIterable<Uint8Array>,
    query: Readonly<Record<string, string | number | boolean | object | undefined>>,
    options?: StopOption,
  ): AsyncIterable<unknown>;
  /** Ends a build by the `buildid` that it was given. */
  cancelBuild(id: string, options?: StopOption): Promise<void>;

  listContainers(
    options?: StopOption & { all?: boolean; size?: boolean; filters?: EngineFilters },
  ): Promise<readonly api.EngineContainer[]>;
  inspectContainer(
    id: string,
    options?: StopOption & { size?: boolean },
  ): Promise<api.EngineContainerDetails>;
  createContainer(
    spec: api.ContainerSpec,
    options?: StopOption & { name?: string; platform?: Platform },
  ): Promise<api.CreatedContainer>;
  /** Does nothing to one that runs. */
  startContainer(id: string, options?: StopOption): Promise<void>;
  /** Does nothing to one that is stopped. @param graceSeconds before it is killed; the container's own when left out. */
  stopContainer(id: string, options?: StopOption & { graceSeconds?: number }): Promise<void>;
  restartContainer(id: string, options?: StopOption & { graceSeconds?: number }): Promise<void>;
  killContainer(id: string, options?: StopOption & { signalName?: string }): Promise<void>;
  pauseContainer(id: string, options?: StopOption): Promise<void>;
  unpauseContainer(id: string, options?: StopOption): Promise<void>;
  removeContainer(id: string, options?: StopOption & { force?: boolean; volumes?: boolean }): Promise<void>;
  renameContainer(id: string, name: string, options?: StopOption): Promise<void>;
  /** Waits until it stops. @returns its exit code. */
  waitContainer(id: string, options?: StopOption): Promise<number>;
  logs(id: string, options?: LogOptions): AsyncIterable<api.OutputChunk>;
  /** The raw connection: with a TTY its bytes, else frames for `demultiplexOutput`. The caller ends it. */
  attachContainer(id: string, options?: StopOption & { stdin?: boolean; logs?: boolean }): Promise<Duplex>;
  /** @returns the exec's ID. */
  createExec(id: string, spec: api.ExecSpec, options?: StopOption): Promise<string>;
  /** The raw connection, as of `attachContainer`. */
  startExec(execId: string, options?: StopOption & { tty?: boolean }): Promise<Duplex>;
  inspectExec(execId: string, options?: StopOption): Promise<api.ExecDetails>;
  resizeExec(execId: string, columns: number, rows: number, options?: StopOption): Promise<void>;
  resizeContainer(id: string, columns: number, rows: number, options?: StopOption): Promise<void>;
  topContainer(id: string, options?: StopOption): Promise<api.ContainerProcesses>;
  containerChanges(id: string, options?: StopOption): Promise<readonly api.ContainerChange[]>;
  /**
   * @param path as text (see `toText`); bytes that are not UTF-8 reach the engine as they are.
   * @throws EngineError `not-found` when the path, or the container, is not there.
   */
  statArchive(id: string, path: string, options?: StopOption): Promise<api.ContainerPathStat>;
  /**
   * A tar of the path, and all that is in it. Docker answers nothing else about the container until it was read or
   * destroyed. Podman follows a link at its end.
   */
  getArchive(id: string, path: string, options?: StopOption): Promise<api.ContainerArchive>;
  /** Unpacks a tar into a directory that is there. */
  putArchive(
    id: string,
    path: string,
    tar: AsyncIterable<Uint8Array>,
    options?: StopOption & { keepsType?: boolean; copiesOwners?: boolean },
  ): Promise<void>;
  /** @returns the new image's ID. */
  commitContainer(
    id: string,
    options?: StopOption & {
      repository?: string;
      tag?: string;
      comment?: string;
      author?: string;
      pause?: boolean;
      changes?: readonly string[];
    },
  ): Promise<string>;
  /** The container's whole file system as a tar. */
  exportContainer(id: string, options?: StopOption): Promise<Readable>;
}
