import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toEngineError } from '../../base/errors.ts';
import type { JsonObject } from '../../oci/json.ts';
import { objectOf, textOf } from './answerFields.ts';
import type { DiscoveryPlace } from './discovery.ts';
import { type EngineEndpoint, type EngineTls, parseEndpoint } from './endpoint.ts';
import { readConfiguration, readJsonConfiguration } from './readConfiguration.ts';

/** A context of the docker CLI; `problem` alone when its file says nothing usable. */
export interface DockerContext {
  readonly name: string;
  readonly endpoint?: EngineEndpoint;
  readonly problem?: string;
  /** The file that describes it. */
  readonly file: string;
}

/** More are not looked at. */
const mostContexts = 200;

/** `~/.docker`, or where `DOCKER_CONFIG` says. */
export function dockerConfigurationFolder({ env, home }: DiscoveryPlace): string {
  return textOf(env['DOCKER_CONFIG']) ?? join(home, '.docker');
}

/** The context that `config.json` says is current. @throws EngineError when the file is broken. */
export async function readCurrentContext(folder: string): Promise<string | undefined> {
  return textOf(objectOf(await readJsonConfiguration(join(folder, 'config.json')))['currentContext']);
}

/** All contexts that were made, by name. The one called `default` is no file. Never throws. */
export async function readDockerContexts(folder: string): Promise<readonly DockerContext[]> {
  const ids = await readdir(join(folder, 'contexts', 'meta')).catch((): string[] => []);
  const known = ids.filter((id) => /^[0-9a-f]{64}$/.test(id)).slice(0, mostContexts);
  const contexts = await Promise.all(known.map((id) => readContext(folder, id)));
  return contexts.filter((context) => context !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The keys in a folder of the docker CLI: `ca.pem`, `cert.pem`, `key.pem`; those that are there. */
export async function readKeys(folder: string): Promise<EngineTls> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readConfiguration(join(folder, name))),
  );
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

async function readContext(folder: string, id: string): Promise<DockerContext | undefined> {
  const file = join(folder, 'contexts', 'meta', id, 'meta.json');
  let name = id.slice(0, 12);
  try {
    const json = await readJsonConfiguration(file);
    if (json === undefined) return undefined;
    const meta = objectOf(json);
    name = textOf(meta['Name']) ?? name;
    if (createHash('sha256').update(name).digest('hex') !== id)
      return { name, file, problem: 'its name is not that of its folder' };
    return { name, file, endpoint: await endpointOf(folder, id, meta) };
  } catch (error) {
    return { name, file, problem: toEngineError(error, file).detail };
  }
}

async function endpointOf(folder: string, id: string, meta: JsonObject): Promise<EngineEndpoint> {
  const docker = objectOf(objectOf(meta['Endpoints'])['docker']);
  const keys = await readKeys(join(folder, 'contexts', 'tls', id, 'docker'));
  const skipVerify = docker['SkipTLSVerify'] === true;
  const hasTls = skipVerify || Object.keys(keys).length > 0;
  const tls = hasTls ? { ...keys, ...(skipVerify && { skipVerify }) } : undefined;
  return parseEndpoint(textOf(docker['Host']) ?? '', tls);
}
