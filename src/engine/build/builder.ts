/** Whose rules decide what is cached: they differ in nearly everything (build-cache.md §2.3). */
export type BuilderKind = 'buildkit' | 'classic' | 'buildah';

/**
 * Who sends the context and asks for the build: what is forgotten between two builds depends on it (build-cache.md §1.2).
 * `docker-cli` is a docker CLI up to 22, which has its own client of BuildKit and of the classic builder; `api` is Lamina
 * itself, which sends a tar.
 */
export type BuildClient = 'buildx' | 'docker-cli' | 'buildctl' | 'buildah' | 'podman' | 'api';

/**
 * Whether the context comes as a tar, whole at each build: its builder sees all of it, where clients with a session send
 * what looks another than before (build-cache.md §1.2), and it reads the Dockerfile out of it.
 */
export function isSentAsTar({ kind, client }: Pick<BuilderIdentity, 'kind' | 'client'>): boolean {
  return kind === 'buildkit' && client === 'api';
}

/** One builder with the client in front of it, as a status names it. */
export interface BuilderIdentity {
  /** Stable between sessions: what was seen of one builder is no evidence for another. */
  readonly id: string;
  readonly kind: BuilderKind;
  readonly client: BuildClient;
  /** For people: `BuildKit 0.33 in Docker Engine 29`. */
  readonly name: string;
  /** The version of BuildKit, or of buildah: `v0.33.0`. Undefined when it did not say; the classic builder has none. */
  readonly version?: string;
  /** Of the Dockerfile frontend inside BuildKit: `1.27.0`. */
  readonly frontendVersion?: string;
  /** Of the client's program, where one is used: `28.2.2`. */
  readonly clientVersion?: string;
  /** Of the engine around it: `29.0.0`. Undefined of a builder that stands alone. */
  readonly engineVersion?: string;
  /** Of a Docker Engine: in its classic store BuildKit cannot put layers together, and `COPY --link` is a plain COPY. */
  readonly imageStore?: 'classic' | 'containerd';
}
