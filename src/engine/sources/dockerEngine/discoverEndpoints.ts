import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isEngineError, toEngineError } from '../../base/errors.ts';
import { textOf } from './answerFields.ts';
import {
  dockerConfigurationFolder,
  readCurrentContext,
  readDockerContexts,
  readKeys,
} from './dockerConfiguration.ts';
import { type EngineEndpoint, type EngineTls, formatEndpoint, isRemote, parseEndpoint } from './endpoint.ts';
import { defaultEndpoint, findKnownSockets } from './knownSockets.ts';
import type {
  DiscoveredEndpoint,
  Discovery,
  DiscoveryPlace,
  DiscoveryProblem,
  EndpointOrigin,
} from './discovery.ts';
import { mergeEndpoints } from './mergeEndpoints.ts';
import { readPodmanConnections } from './podmanConnections.ts';

export type { DiscoveredEndpoint, Discovery, DiscoveryPlace } from './discovery.ts';

/**
 * Finds the engines of this machine, and those that docker's and Podman's configuration names. The docker CLI's rules
 * say which one is current: `DOCKER_HOST`, then `DOCKER_CONTEXT`, then `currentContext` of `config.json`, then the
 * default socket. Sockets of well-known places are listed when they exist; what the user has named, and the current
 * one, always. Connects to none. Never throws.
 */
export async function discoverEndpoints(place: DiscoveryPlace): Promise<Discovery> {
  const finding = new Finding(place);
  finding.addConfigured();
  await finding.addHostOfEnvironment();
  await finding.addContexts();
  finding.addContainerHost();
  await finding.addKnownSockets();
  await finding.addPodmanConnections();
  return { endpoints: await mergeEndpoints(finding.endpoints, realPath), problems: finding.problems };
}

/** One search: what was found so far. */
class Finding {
  readonly endpoints: DiscoveredEndpoint[] = [];
  readonly problems: DiscoveryProblem[] = [];
  readonly #place: DiscoveryPlace;
  readonly #folder: string;
  /** Whether the current one is known already; what is found later is not it. */
  #hasCurrent = false;

  constructor(place: DiscoveryPlace) {
    this.#place = place;
    this.#folder = dockerConfigurationFolder(place);
  }

  addConfigured(): void {
    for (const text of this.#place.configured ?? [])
      this.#try(text, () => {
        const endpoint = parseEndpoint(text);
        this.#add(endpoint, formatEndpoint(endpoint), 'setting', false);
      });
  }

  async addHostOfEnvironment(): Promise<void> {
    const host = textOf(this.#place.env['DOCKER_HOST']);
    if (host === undefined) return;
    this.#hasCurrent = true;
    try {
      const tls = await this.#keysOfEnvironment();
      this.#add(parseEndpoint(host, tls), 'DOCKER_HOST', 'environment', true);
    } catch (error) {
      this.#report('DOCKER_HOST', error);
    }
  }

  async addContexts(): Promise<void> {
    const wanted = await this.#currentContext();
    const contexts = await readDockerContexts(this.#folder);
    for (const { name, endpoint, problem, file } of contexts) {
      if (endpoint !== undefined) this.#add(endpoint, name, 'context', wanted?.name === name);
      else this.problems.push({ subject: file, detail: `context "${name}": ${problem ?? ''}` });
    }
    if (wanted === undefined) return;
    this.#hasCurrent = true;
    if (!contexts.some(({ name }) => name === wanted.name))
      this.problems.push({ subject: wanted.where, detail: `there is no context "${wanted.name}"` });
  }

  addContainerHost(): void {
    const host = textOf(this.#place.env['CONTAINER_HOST']);
    if (host === undefined) return;
    const identity = textOf(this.#place.env['CONTAINER_SSHKEY']);
    this.#try('CONTAINER_HOST', () => {
      const endpoint = parseEndpoint(host);
      const keys = endpoint.kind === 'ssh' && identity !== undefined ? { identityFile: identity } : {};
      this.#add({ ...endpoint, ...keys }, 'CONTAINER_HOST', 'environment', false);
    });
  }

  /** A default engine that is not there is worth a line only when there is no other. */
  async addKnownSockets(): Promise<void> {
    const known = await findKnownSockets(this.#place);
    const standard = defaultEndpoint(this.#place);
    const isStandard = (endpoint: EngineEndpoint): boolean =>
      formatEndpoint(endpoint) === formatEndpoint(standard);
    for (const { endpoint, name } of known)
      this.#add(endpoint, name, 'socket', !this.#hasCurrent && isStandard(endpoint));
    if (this.endpoints.length === 0) this.#add(standard, 'Docker', 'socket', !this.#hasCurrent);
  }

  async addPodmanConnections(): Promise<void> {
    const { connections, problems } = await readPodmanConnections(this.#place);
    for (const { name, endpoint } of connections) this.#add(endpoint, name, 'context', false);
    this.problems.push(...problems);
  }

  async #currentContext(): Promise<{ readonly name: string; readonly where: string } | undefined> {
    if (this.#hasCurrent) return undefined;
    const ofEnvironment = textOf(this.#place.env['DOCKER_CONTEXT']);
    const where = ofEnvironment === undefined ? join(this.#folder, 'config.json') : 'DOCKER_CONTEXT';
    const name =
      ofEnvironment ??
      (await readCurrentContext(this.#folder).catch((error: unknown) => {
        this.#report(where, error);
        return undefined;
      }));
    return name === undefined || name === 'default' ? undefined : { name, where };
  }

  /** For a host on TCP: `DOCKER_TLS_VERIFY` checks the engine's certificate, `DOCKER_TLS` alone does not. */
  async #keysOfEnvironment(): Promise<EngineTls | undefined> {
    const { env } = this.#place;
    const isVerified = textOf(env['DOCKER_TLS_VERIFY']) !== undefined;
    if (!isVerified && textOf(env['DOCKER_TLS']) === undefined) return undefined;
    const keys = await readKeys(textOf(env['DOCKER_CERT_PATH']) ?? this.#folder);
    return { ...keys, ...(!isVerified && { skipVerify: true }) };
  }

  #add(endpoint: EngineEndpoint, name: string, origin: EndpointOrigin, isCurrent: boolean): void {
    this.endpoints.push({ endpoint, name, origin, isCurrent, isRemote: isRemote(endpoint) });
  }

  #try(subject: string, add: () => void): void {
    try {
      add();
    } catch (error) {
      this.#report(subject, error);
    }
  }

  #report(subject: string, error: unknown): void {
    // An address of the user's is named by its place: it may hold what is not to be shown.
    const failure = isEngineError(error) ? error : toEngineError(error, subject);
    this.problems.push({
      subject: failure.code === 'invalid-reference' ? subject : failure.subject,
      detail: failure.detail,
    });
  }
}

async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
