import { EngineMemory } from './engineMemory.ts';
import type { EngineEvents } from '../sources/dockerEngine/engineEvents.ts';
import type { EngineEndpoint } from '../sources/dockerEngine/endpoint.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import { BuilderImages } from './builderImages/builderImages.ts';
import { LayerSizes } from './localImages/layerSizes.ts';
import { BuildkitControl } from './buildkitControl/buildkitControl.ts';

/** An engine as builds ask it: its API, and BuildKit's behind the same address. Nothing is connected before it is asked. */
export interface AskedEngine {
  readonly client: EngineClient;
  readonly buildkit: BuildkitControl;
  /** For builders whose images are their cache. */
  readonly images: BuilderImages;
  readonly sizes: LayerSizes;
  readonly memory: EngineMemory;
}

/** An engine's client and its events, as the host's other questions use them. */
export interface EngineDoor {
  readonly client: EngineClient;
  readonly events: EngineEvents;
}

/** One for each address, closed together. */
export class AskedEngines implements Disposable {
  readonly #engines = new Map<string, AskedEngine>();
  readonly #connect: (endpoint: EngineEndpoint) => EngineDoor;

  constructor(connect: (endpoint: EngineEndpoint) => EngineDoor) {
    this.#connect = connect;
  }

  at(endpoint: EngineEndpoint): AskedEngine {
    // With the keys, if it has any: other keys may open another engine.
    const key = JSON.stringify(endpoint);
    const known = this.#engines.get(key);
    if (known !== undefined) return known;
    const { client, events } = this.#connect(endpoint);
    const buildkit = new BuildkitControl(endpoint);
    const memory = new EngineMemory(events);
    const engine = {
      client,
      buildkit,
      images: new BuilderImages(client, buildkit),
      sizes: new LayerSizes(remembering(client, memory)),
      memory,
    };
    this.#engines.set(key, engine);
    return engine;
  }

  [Symbol.dispose](): void {
    for (const { buildkit, images } of this.#engines.values()) {
      images[Symbol.dispose]();
      buildkit[Symbol.dispose]();
    }
    this.#engines.clear();
  }
}

/** A client that asks of one image once. */
function remembering(client: EngineClient, { remember }: EngineMemory): EngineClient {
  return {
    ...client,
    inspectImage: (name, options) => remember(`inspect ${name}`, () => client.inspectImage(name, options)),
  };
}
