import type { Readable } from 'node:stream';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { JsonObject } from '../../oci/json.ts';
import type { Platform } from '../../oci/platform.ts';

// What an engine says, parsed: absent, null and empty lists are all `[]`, and what one version does not tell is left
// out. Numbers in brackets are the API version in which a member begins. Every text may be hostile; hosts escape it.

export type EngineKind = 'docker' | 'podman';

/** `GET /version`. */
export interface EngineVersion {
  readonly kind: EngineKind;
  /** Such as `29.0.0`, or Podman's own. */
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion?: string;
  readonly os: string;
  readonly architecture: string;
  readonly kernelVersion?: string;
  readonly components: readonly { readonly name: string; readonly version: string }[];
}

/** `GET /info`. */
export interface EngineInfo {
  readonly id: string;
  /** The machine's name. */
  readonly name: string;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  readonly osType: string;
  readonly architecture: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  /** `overlay2`, `overlayfs`, `vfs`. */
  readonly driver: string;
  readonly driverStatus: readonly (readonly [string, string])[];
  readonly usesContainerdStore: boolean;
  readonly isRootless: boolean;
  readonly rootDirectory?: string;
  readonly imageCount: number;
  readonly containerCount: number;
  readonly runningCount: number;
  readonly warnings: readonly string[];
  readonly json: JsonObject;
}

/** What may be asked of this engine; from its version and `/info`. */
export interface EngineCapabilities {
  readonly kind: EngineKind;
  /** The version all calls are pinned to. */
  readonly apiVersion: string;
  /** `podman`: containers/storage, which answers as a classic store does. */
  readonly imageStore: 'classic' | 'containerd' | 'podman';
  /** The engine's own platform, which calls without one mean. */
  readonly platform: Platform;
  /** history, save and load take a platform [1.48]. */
  readonly takesPlatform: boolean;
  /** Image inspect takes a platform [1.49]. */
  readonly inspectTakesPlatform: boolean;
  /** save and load take several platforms [1.52]. */
  readonly takesPlatforms: boolean;
  /** The list tells each image's manifests [1.47, containerd store]; inspect from 1.48. */
  readonly tellsManifests: boolean;
  /** The list of images counts containers [1.51, and Podman]. */
  readonly countsContainers: boolean;
}

/** One element of `GET /images/json`: one image with all its tags. */
export interface EngineImage {
  /** Config digest (classic store) or digest of the manifest or index (containerd store). */
  readonly id: string;
  /** Familiar names with tags: `nginx:1.27`. Empty when dangling. */
  readonly repoTags: readonly string[];
  /** `nginx@sha256:…`. The containerd store's list names one repository only; inspect names all. */
  readonly repoDigests: readonly string[];
  readonly parentId?: string;
  /** Seconds since 1970; 0 when the config tells none. */
  readonly createdSeconds: number;
  /** As the engine counts: unpacked (classic), or unpacked plus blobs of all platforms (containerd). */
  readonly sizeBytes: number;
  /** Only when asked for by `sharedSize`. */
  readonly sharedSizeBytes?: number;
  /** [1.51], and in disk usage. */
  readonly containerCount?: number;
  readonly labels: Readonly<Record<string, string>>;
  /** What the tag names [1.48, containerd store]. */
  readonly target?: Descriptor;
  /** Only when asked for by `manifests`, and told. */
  readonly manifests: readonly EngineManifest[];
}

/** A manifest of an image in the containerd store [1.47]. */
export interface EngineManifest {
  readonly kind: 'image' | 'attestation' | 'unknown';
  readonly descriptor: Descriptor;
  /** Whether all its content is there. */
  readonly isAvailable: boolean;
  readonly contentBytes: number;
  readonly totalBytes: number;
  /** Of an image. */
  readonly platform?: Platform;
  /** Of an image; 0 when it is not unpacked. */
  readonly unpackedBytes?: number;
  /** Of an image: IDs of the containers that use it. */
  readonly containerIds: readonly string[];
  /** Of an attestation: the digest of the manifest it speaks of. */
  readonly attests?: string;
}

/** `GET /images/{name}/json`. */
export interface EngineImageDetails {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly parentId?: string;
  /** RFC 3339, in the config's own zone. */
  readonly created?: string;
  readonly platform: Platform;
  readonly sizeBytes: number;
  /** Lowest first; empty when the engine lost the content. */
  readonly diffIds: readonly string[];
  /** The config's `config` member, as the engine tells it: some members are dropped by some versions. */
  readonly config: JsonObject;
  /** [1.48, containerd store] */
  readonly target?: Descriptor;
  /** Only when asked for, and told [1.48]. */
  readonly manifests: readonly EngineManifest[];
  /** The whole answer, its keys in the engine's order, and its bytes. */
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
}

/** One row of `GET /images/{name}/history`, newest first. */
export interface EngineHistoryRow {
  /** `<missing>` where the engine has no image for it. */
  readonly id: string;
  readonly createdSeconds: number;
  readonly createdBy: string;
  readonly sizeBytes: number;
  readonly comment: string;
  readonly tags: readonly string[];
}

/** What `DELETE /images/{name}` did. */
export interface ImageRemoval {
  readonly untagged: readonly string[];
  readonly deleted: readonly string[];
}

/** One message of a pull, push or load, as the engine tells it. */
export interface TransferEvent {
  /** The layer's short ID; absent for messages about the whole. */
  readonly id?: string;
  /** `Downloading`, `Already exists`, `Mounted from library/nginx`, … */
  readonly status: string;
  /** Bytes, where it counts them. */
  readonly current?: number;
  readonly total?: number;
}

/** How a pull ended. */
export interface PullResult {
  /** Of the manifest or index that was pulled, where the engine says. */
  readonly digest?: string;
  /** Its last words: `Status: Image is up to date for nginx:latest`. */
  readonly status?: string;
}

/** How a push ended, for the tag that was pushed. */
export interface PushResult {
  readonly tag?: string;
  readonly digest?: string;
  readonly sizeBytes?: number;
}

/** How a load ended; it may end well and still have warnings (formats.md §1.6). */
export interface LoadResult {
  /** Names, or `sha256:…` of images without one. */
  readonly loaded: readonly string[];
  /** Images that are kept but could not be unpacked: `Error unpacking image …`. */
  readonly warnings: readonly string[];
}

/** `GET /distribution/{name}/json`: the registry's answer, asked by the engine. */
export interface DistributionDetails {
  readonly descriptor: Descriptor;
  readonly platforms: readonly Platform[];
}

/** Credentials for one registry, which the engine passes on. Never logged. */
export interface EngineRegistryAuth {
  readonly serverAddress?: string;
  readonly username?: string;
  readonly password?: string;
  /** A refresh token, instead of name and password. */
  readonly identityToken?: string;
  /** A bearer token. */
  readonly registryToken?: string;
}

export type ContainerState =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead'
  /** Another engine's word, kept in `json` or `status`. */
  | 'unknown';

/** One element of `GET /containers/json`. */
export interface EngineContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly names: readonly string[];
  /** As it was named when the container was made. */
  readonly image: string;
  readonly imageId: string;
  readonly command: string;
  readonly createdSeconds: number;
  readonly state: ContainerState;
  /** `Up 4 seconds (healthy)`. */
  readonly status: string;
  readonly ports: readonly EnginePort[];
  readonly labels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly mounts: readonly EngineMount[];
  /** Only when asked for by `size`: bytes of the writable layer, and with the image's. */
  readonly writableBytes?: number;
  readonly rootBytes?: number;
  /** The manifest it runs [1.48, containerd store]. */
  readonly imageManifest?: Descriptor;
}

export interface EnginePort {
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostPort?: number;
  readonly hostAddress?: string;
}

export interface EngineMount {
  /** `bind`, `volume`, `tmpfs`, … */
  readonly type: string;
  readonly name?: string;
  readonly source: string;
  readonly destination: string;
  readonly isWritable: boolean;
}

/** `GET /containers/{id}/json`. */
export interface EngineContainerDetails {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly created: string;
  readonly state: ContainerState;
  readonly exitCode?: number;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** `healthy`, `unhealthy`, `starting`. */
  readonly health?: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly opensStdin: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly EngineMount[];
  readonly ports: readonly EnginePort[];
  readonly writableBytes?: number;
  readonly rootBytes?: number;
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
}

/** What `POST /containers/create` takes, in the API's own words; more members pass through. */
export interface ContainerSpec {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly HostConfig?: JsonObject;
  readonly [member: string]: unknown;
}

export interface CreatedContainer {
  readonly id: string;
  readonly warnings: readonly string[];
}

/** What `POST /containers/{id}/exec` takes. */
export interface ExecSpec {
  readonly command: readonly string[];
  readonly tty?: boolean;
  readonly stdin?: boolean;
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDirectory?: string;
}

export interface ExecDetails {
  readonly isRunning: boolean;
  readonly exitCode?: number;
  readonly pid?: number;
}

/** A piece of a container's output. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}

/** `GET /containers/{id}/changes`, as `docker diff`. */
export interface ContainerChange {
  readonly path: string;
  readonly kind: 'modified' | 'added' | 'deleted';
}

/** The header of `HEAD /containers/{id}/archive` (formats.md §3.6). */
export interface ContainerPathStat {
  readonly name: string;
  readonly sizeBytes: number;
  /** Go's FileMode: directory 1<<31, symlink 1<<27, device 1<<26, fifo 1<<25, socket 1<<24, setuid 1<<23, … */
  readonly goMode: number;
  readonly modified: string;
  /** Resolved and absolute. */
  readonly linkTarget?: string;
}

/** What `GET /containers/{id}/archive` gives. */
export interface ContainerArchive {
  /** The tar. Destroying it closes the connection. */
  readonly body: Readable;
  /** What HEAD would tell. */
  readonly stat?: ContainerPathStat;
}

/** `GET /containers/{id}/top`. */
export interface ContainerProcesses {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

/** `GET /system/df`, in one shape for all versions. */
export interface EngineDiskUsage {
  /** Bytes of all layers; the images' total. Podman does not tell. */
  readonly layersBytes?: number;
  readonly images: readonly EngineImage[];
  readonly containers: readonly EngineContainer[];
  readonly volumes: readonly EngineVolume[];
  readonly buildCache: readonly BuildCacheRecord[];
  readonly json: JsonObject;
}

export interface EngineVolume {
  readonly name: string;
  readonly driver: string;
  /** Absent when the driver cannot tell. */
  readonly sizeBytes?: number;
  readonly containerCount?: number;
}

export interface BuildCacheRecord {
  readonly id: string;
  readonly parents: readonly string[];
  readonly type: string;
  readonly description: string;
  readonly isInUse: boolean;
  readonly isShared: boolean;
  readonly sizeBytes: number;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
  readonly usageCount?: number;
}

/** What `type=` of disk usage takes [1.42]. */
export type DiskUsageType = 'image' | 'container' | 'volume' | 'build-cache';

/** One message of `GET /events`. */
export interface EngineEvent {
  /** `image`, `container`, `volume`, `network`, `builder`, `daemon`, … */
  readonly type: string;
  /** `pull`, `tag`, `start`, `exec_start: sh`, … */
  readonly action: string;
  /** The image's or container's ID, or name. */
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
}
