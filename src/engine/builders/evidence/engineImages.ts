import { historyLines } from '../../build/createdBy/historyLines.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isEngineError } from '../../base/errors.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { EngineMemory } from '../engineMemory.ts';
import type { EngineEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { Image } from '../../sources/image.ts';
import { BuiltImages, type CandidateImage } from '../imageEvidence/builtImages.ts';
import { layerFilesOf, type LayerFiles } from '../imageEvidence/layerFiles.ts';
import { type LocalImage, readLocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import type { ContentRooms } from './storedChains.ts';
import { wholeLayers } from './wholeLayers.ts';

/** The engine's images with their layers, and layers that the builder has besides. */
export interface ImageRooms extends ContentRooms {
  imageIn(endpoint: EngineEndpoint, id: string, options?: CallOptions): Promise<Image>;
}

/** Of the newest images so many are looked at. */
const mostLooked = 200;

/** The images of one engine as evidence asks for them; what does not change is remembered. */
export class EngineImages {
  readonly #client: EngineClient;
  readonly #memory: EngineMemory;
  readonly #rooms: ImageRooms;
  readonly #built = new BuiltImages();
  readonly #hashes = new Map<string, string>();

  constructor({ client, memory }: Pick<AskedEngine, 'client' | 'memory'>, rooms: ImageRooms) {
    this.#client = client;
    this.#memory = memory;
    this.#rooms = rooms;
  }

  /** Images that the Dockerfile was built to, best first. @throws EngineError as the engine's client does. */
  async builtFrom(
    { plan, dockerfile, request }: PreparedBuild,
    options: CallOptions,
  ): Promise<readonly LocalImage[]> {
    if (plan.target === undefined) return [];
    const { buildArgs, tags } = request;
    const lines = historyLines(plan, plan.target, { escape: dockerfile.escape, buildArgs });
    const found = await this.#built.find(await this.#candidates(options), { lines, names: tags }, options);
    const images = await Promise.all(found.map(({ id }) => this.find(id, request.platform, options)));
    return images.filter((image) => image !== undefined);
  }

  find(
    name: string,
    platform: PreparedBuild['request']['platform'],
    { signal }: CallOptions,
  ): Promise<LocalImage | undefined> {
    return readLocalImage(this.#client, name, platform, signal);
  }

  /** An image with the files of its layers, which may have to be fetched. */
  async withLayers(
    id: string,
    options: CallOptions,
  ): Promise<{ readonly image: Image; readonly layers: LayerFiles }> {
    const image = await this.#memory.remember(`image ${id}`, () =>
      this.#rooms.imageIn(this.#client.endpoint, id, options),
    );
    return { image, layers: layerFilesOf(wholeLayers(this.#rooms), image, this.#hashes) };
  }

  /** The texts of an image's history, oldest first. */
  async history(id: string, { signal }: CallOptions): Promise<readonly string[]> {
    const rows = await this.#memory.remember(`history ${id}`, () =>
      this.#client.imageHistory(id, signal && { signal }),
    );
    return rows.map(({ createdBy }) => createdBy).reverse();
  }

  async #candidates({ signal }: CallOptions): Promise<readonly CandidateImage[]> {
    const images = await this.#client.listImages(signal && { signal });
    const newest = [...images].sort((one, other) => other.createdSeconds - one.createdSeconds);
    return newest.slice(0, mostLooked).map(({ id, repoTags, createdSeconds }) => ({
      ...{ id, names: repoTags, createdAt: createdSeconds * 1000 },
      history: (options = {}) => this.#historyUnlessGone(id, options),
    }));
  }

  async #historyUnlessGone(id: string, options: CallOptions): Promise<readonly string[]> {
    try {
      return await this.history(id, options);
    } catch (error) {
      if (isEngineError(error, 'not-found')) return [];
      throw error;
    }
  }
}
