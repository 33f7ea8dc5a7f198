import { homedir } from 'node:os';
import type { DiscoverOptions, EngineConnection, EngineImages } from './engineContract.ts';
import type { Event } from './base/event.ts';
import type { Logger } from './base/log.ts';
import type { CallOptions } from './base/progress.ts';
import { EngineContainer } from './containers/engineContainer.ts';
import type { ContainerStore } from './containers/copyIntoStore.ts';
import type { FarImageAccess } from './containers/imageOfContainer.ts';
import type { EngineContainerFiles } from './containers/engineContainerFiles.ts';
import type { Fetching } from './fetching.ts';
import type { DiffId } from './oci/digest.ts';
import { createEngineClient } from './sources/dockerEngine/createEngineClient.ts';
import { type Discovery, discoverEndpoints } from './sources/dockerEngine/discoverEndpoints.ts';
import { type EngineEndpoint, formatEndpoint } from './sources/dockerEngine/endpoint.ts';
import type { LoadResult } from './sources/dockerEngine/engineApi.ts';
import type { EngineClient } from './sources/dockerEngine/engineClient.ts';
import { createEngineEvents, type EngineEvents } from './sources/dockerEngine/engineEvents.ts';
import { EngineSaves } from './sources/dockerEngine/engineSaves.ts';
import { EngineSource } from './sources/dockerEngine/engineSource.ts';
import type { CopyBlob } from './store/blobStore.ts';
import { loadIntoEngine } from './transfer/loadIntoEngine.ts';
import type { SavedImage } from './transfer/saveRequest.ts';

export function discoverEngines({ configured, environment }: DiscoverOptions = {}): Promise<Discovery> {
  const env = environment ?? process.env;
  return discoverEndpoints({
    env,
    home: homedir(),
    platform: process.platform,
    ...(configured && { configured }),
  });
}

export interface ContainerEnginesParts {
  readonly log: Logger;
  readonly fetching: Fetching;
  readonly copyBlob: CopyBlob;
  /** Whether the tree of a layer of that engine is known. */
  readonly isIndexed: (diffId: DiffId, identity: string) => Promise<boolean>;
  /** What is known of images, for the files of containers made of them. */
  readonly images: FarImageAccess;
  /** Lamina's own images and containers, where an engine's are copied to. */
  readonly store: () => ContainerStore;
  /** For bytes on their way. */
  readonly spoolDirectory: string;
}

/** The engines that were connected to, one connection for each endpoint. */
export class ContainerEngines implements Disposable {
  readonly #parts: ContainerEnginesParts;
  readonly #connections = new Map<string, Connection>();

  constructor(parts: ContainerEnginesParts) {
    this.#parts = parts;
  }

  connect(endpoint: EngineEndpoint): EngineConnection {
    // With the keys, if it has any: other keys may open another engine.
    const key = JSON.stringify(endpoint);
    const connection = this.#connections.get(key) ?? new Connection(endpoint, this.#parts);
    this.#connections.set(key, connection);
    return connection;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection[Symbol.dispose]();
    this.#connections.clear();
  }
}

class Connection implements EngineConnection, Disposable {
  readonly endpoint: EngineEndpoint;
  readonly location: string;
  readonly client: EngineClient;
  readonly events: EngineEvents;
  readonly onDidLearnImage: Event<string>;
  readonly #parts: ContainerEnginesParts;
  readonly #saves: EngineSaves;
  readonly #containers = new Map<string, EngineContainer>();
  #engineId: Promise<string> | undefined;

  constructor(endpoint: EngineEndpoint, parts: ContainerEnginesParts) {
    this.endpoint = endpoint;
    this.location = formatEndpoint(endpoint);
    this.client = createEngineClient(endpoint, { log: parts.log });
    this.events = createEngineEvents(this.client);
    this.#parts = parts;
    const isIndexed = async (diffId: DiffId): Promise<boolean> =>
      parts.isIndexed(diffId, `engine ${await this.#idOfEngine()} ${diffId}`);
    this.#saves = new EngineSaves({ endpoint, ...parts.fetching, isIndexed });
    this.onDidLearnImage = this.#saves.onDidLearn;
  }

  async source({ signal }: CallOptions = {}): Promise<EngineImages> {
    const [capabilities, engineId] = await Promise.all([
      this.client.capabilities(signal && { signal }),
      this.#idOfEngine(),
    ]);
    const { cache } = this.#parts.fetching;
    return new EngineSource({ client: this.client, capabilities, engineId, cache, saves: this.#saves });
  }

  load(images: readonly SavedImage[], options?: CallOptions): Promise<LoadResult> {
    const { fetching, copyBlob } = this.#parts;
    return loadIntoEngine({ endpoint: this.endpoint, work: fetching.work, copyBlob }, images, options);
  }

  containerFiles(id: string): EngineContainerFiles {
    const { client, events } = this;
    const { images, store, spoolDirectory } = this.#parts;
    const source = (options?: CallOptions): Promise<EngineImages> => this.source(options);
    const parts = { client, events, source, images, store, spoolDirectory };
    const container = this.#containers.get(id) ?? new EngineContainer(id, parts);
    this.#containers.set(id, container);
    return container;
  }

  [Symbol.dispose](): void {
    this.#saves[Symbol.dispose]();
    this.events[Symbol.dispose]();
    this.client[Symbol.dispose]();
  }

  #idOfEngine(): Promise<string> {
    this.#engineId ??= this.#askId().catch((error: unknown) => {
      this.#engineId = undefined;
      throw error;
    });
    return this.#engineId;
  }

  /** Podman makes up another ID each time, and takes a second for it. */
  async #askId(): Promise<string> {
    if ((await this.client.capabilities()).kind === 'podman') return this.location;
    const { id } = await this.client.info();
    return id === '' ? this.location : id;
  }
}
