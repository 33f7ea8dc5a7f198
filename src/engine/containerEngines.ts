import { homedir } from 'node:os';
import type { DiscoverOptions, EngineConnection } from './engineContract.ts';
import { EngineError } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { type Discovery, discoverEndpoints } from './sources/dockerEngine/discoverEndpoints.ts';
import { type EngineEndpoint, formatEndpoint } from './sources/dockerEngine/endpoint.ts';

export function discoverEngines({ configured, environment }: DiscoverOptions = {}): Promise<Discovery> {
  const env = environment ?? process.env;
  return discoverEndpoints({
    env,
    home: homedir(),
    platform: process.platform,
    ...(configured && { configured }),
  });
}

export interface ContainerEnginesOptions {
  readonly log: Logger;
}

/** The engines that were connected to, one connection for each endpoint. */
export class ContainerEngines implements Disposable {
  readonly #options: ContainerEnginesOptions;

  constructor(options: ContainerEnginesOptions) {
    this.#options = options;
  }

  connect(endpoint: EngineEndpoint): EngineConnection {
    this.#options.log.debug(`Connecting ${formatEndpoint(endpoint)}`);
    throw new EngineError('unsupported', formatEndpoint(endpoint), 'engines come with the next commits');
  }

  [Symbol.dispose](): void {
    // Nothing is connected yet.
  }
}
