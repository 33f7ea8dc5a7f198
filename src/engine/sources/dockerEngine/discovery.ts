import type { EngineEndpoint } from './endpoint.ts';

/** An engine that might be there, and how we know of it. */
export interface DiscoveredEndpoint {
  readonly endpoint: EngineEndpoint;
  /** The context's name, or `Docker`, `Docker (rootless)`, `Podman`, `Colima`, … */
  readonly name: string;
  readonly origin: EndpointOrigin;
  /** The one that the docker CLI would use. At most one is. */
  readonly isCurrent: boolean;
  /** Whether connecting may leave this machine, so that the user has to choose it first. */
  readonly isRemote: boolean;
}

export type EndpointOrigin = 'environment' | 'context' | 'socket' | 'setting';

export interface Discovery {
  readonly endpoints: readonly DiscoveredEndpoint[];
  readonly problems: readonly DiscoveryProblem[];
}

/** Broken configuration, which hides an endpoint. */
export interface DiscoveryProblem {
  /** The file or the variable. */
  readonly subject: string;
  readonly detail: string;
}

/** What discovery looks at. Tests give their own. */
export interface DiscoveryPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Addresses from the user's settings, listed first. */
  readonly configured?: readonly string[];
  /** Where `run` and `var/run` are looked for; `/` but in tests. */
  readonly root?: string;
  /** For `/run/user/ID` where `XDG_RUNTIME_DIR` is not set; this process's when left out. */
  readonly userId?: number;
  /** The names of this Windows machine's pipes. */
  readonly listPipes?: () => Promise<readonly string[]>;
}
