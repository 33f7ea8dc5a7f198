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
  /** What is wrong with its configuration, such as keys that cannot be read. */
  readonly problem?: string;
}

export type EndpointOrigin = 'environment' | 'context' | 'socket' | 'setting';

export interface Discovery {
  readonly endpoints: readonly DiscoveredEndpoint[];
  /** Broken configuration that names no endpoint: the file (or variable), and what is wrong with it. */
  readonly problems: readonly { readonly subject: string; readonly detail: string }[];
}

/** What discovery looks at. Tests give their own. */
export interface DiscoveryPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Addresses from the user's settings, listed first. */
  readonly configured?: readonly string[];
  /** Where `/run` and `/var/run` are looked for; `/` but in tests. */
  readonly root?: string;
}

/** Finds the engines of this machine and those that docker's and Podman's configuration names. Connects to none. Never throws. */
export async function discoverEndpoints(place: DiscoveryPlace): Promise<Discovery> {
  return Promise.resolve({ endpoints: [], problems: [{ subject: place.home, detail: 'not built yet' }] });
}
