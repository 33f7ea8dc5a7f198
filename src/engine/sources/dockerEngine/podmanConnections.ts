import { join } from 'node:path';
import { isEngineError, toEngineError } from '../../base/errors.ts';
import type { JsonObject } from '../../oci/json.ts';
import { objectOf, textOf } from './answerFields.ts';
import type { DiscoveryPlace, DiscoveryProblem } from './discovery.ts';
import { type EngineEndpoint, parseEndpoint } from './endpoint.ts';
import { readConfiguration, readJsonConfiguration } from './readConfiguration.ts';

/** A connection of `podman system connection`. */
export interface PodmanConnection {
  readonly name: string;
  readonly endpoint: EngineEndpoint;
}

export interface PodmanConnections {
  readonly connections: readonly PodmanConnection[];
  readonly problems: readonly DiscoveryProblem[];
}

const mostConnections = 100;

/** The connections of Podman 5's own file, and those of `containers.conf` as far as they are written plainly. Never throws. */
export async function readPodmanConnections(place: DiscoveryPlace): Promise<PodmanConnections> {
  const folder = join(textOf(place.env['XDG_CONFIG_HOME']) ?? join(place.home, '.config'), 'containers');
  const json = textOf(place.env['PODMAN_CONNECTIONS_CONF']) ?? join(folder, 'podman-connections.json');
  const toml = textOf(place.env['CONTAINERS_CONF']) ?? join(folder, 'containers.conf');
  const problems: DiscoveryProblem[] = [];
  const destinations = [
    ...(await tried(json, problems, readJsonDestinations)),
    ...(await tried(toml, problems, readTomlDestinations)),
  ];
  const connections = destinations.slice(0, mostConnections).flatMap((destination) => {
    try {
      return [toConnection(destination)];
    } catch (error) {
      problems.push({ subject: `podman ${destination.name}`, detail: toEngineError(error, '').detail });
      return [];
    }
  });
  return { connections, problems };
}

interface Destination {
  readonly name: string;
  readonly uri: string;
  readonly identity: string | undefined;
}

function toConnection({ name, uri, identity }: Destination): PodmanConnection {
  const endpoint = parseEndpoint(uri);
  const identityFile = endpoint.kind === 'ssh' && identity !== undefined ? { identityFile: identity } : {};
  return { name: `Podman (${name})`, endpoint: { ...endpoint, ...identityFile } };
}

async function tried(
  file: string,
  problems: DiscoveryProblem[],
  read: (file: string) => Promise<readonly Destination[]>,
): Promise<readonly Destination[]> {
  try {
    return await read(file);
  } catch (error) {
    problems.push({ subject: file, detail: isEngineError(error) ? error.detail : String(error) });
    return [];
  }
}

async function readJsonDestinations(file: string): Promise<readonly Destination[]> {
  const connection = objectOf(objectOf(await readJsonConfiguration(file))['Connection']);
  return Object.entries(objectOf(connection['Connections'])).map(([name, value]) => {
    const { URI: uri, Identity: identity }: JsonObject = objectOf(value);
    return { name, uri: textOf(uri) ?? '', identity: textOf(identity) };
  });
}

/** Tables `[engine.service_destinations.NAME]` with `uri = "…"`: as Podman 4 wrote them. Not TOML as a whole. */
async function readTomlDestinations(file: string): Promise<readonly Destination[]> {
  const tables = new Map<string, Map<string, string>>();
  let table: Map<string, string> | undefined;
  for (const line of ((await readConfiguration(file)) ?? '').split('\n')) {
    const text = line.trim();
    const name = /^\[\s*engine\.service_destinations\.(?:"([^"]+)"|([\w.-]+))\s*\]$/.exec(text);
    const [, key, value] = /^(uri|identity)\s*=\s*"([^"\\]*)"/.exec(text) ?? [];
    if (name) tables.set(name[1] ?? name[2] ?? '', (table = new Map<string, string>()));
    else if (text.startsWith('[')) table = undefined;
    else if (key !== undefined && value !== undefined) table?.set(key, value);
  }
  return [...tables].map(([name, entries]) => ({
    name,
    uri: entries.get('uri') ?? '',
    identity: entries.get('identity'),
  }));
}
