import type { RemoteBlob } from '../../archive/remoteBlob.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { type EngineEndpoint, formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import { type Image, toImage } from '../../sources/image.ts';
import type { ImageCore, LayerBlob } from '../../sources/imageSource.ts';
import type { FetchContentRequest } from '../../sources/contentStore/fetchContent.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import {
  type LayerFiles,
  layerFilesOf,
  type LayerRooms,
  type MadeLayer,
} from '../imageEvidence/layerFiles.ts';
import { isDigest } from '../../oci/digest.ts';
import { wholeLayers } from './wholeLayers.ts';

/** The files of layers, and how those of a content store are brought here. */
export interface ContentRooms extends LayerRooms {
  contentLayer(request: FetchContentRequest): RemoteBlob;
}

export interface StoredLayers {
  readonly image: Image;
  readonly layers: LayerFiles;
}

/** Of layers as they are stored, all of a chain together: more is not fetched to see what a step copied. */
const mostBytes = 2 * 2 ** 30;

/**
 * Results of steps whose layers lie in the builder's content store, whether an image has them or not: of what was exported,
 * and of stages that went into an exported cache.
 */
export class StoredChains {
  readonly #buildkit: BuildkitControl;
  readonly #rooms: ContentRooms;
  readonly #hashes = new Map<string, string>();

  constructor(buildkit: BuildkitControl, rooms: ContentRooms) {
    this.#buildkit = buildkit;
    this.#rooms = rooms;
  }

  /**
   * The last layer of a chain. Undefined when the store has not all of them any more, or they are too large.
   *
   * @param chain the layers of a result, lowest first.
   * @throws EngineError `damaged`, `unsupported` (Docker Engine 20.10), and what fetching them says.
   */
  async find(chain: readonly StepLayer[], options: CallOptions): Promise<MadeLayer | undefined> {
    const found = await this.image(chain, {}, options);
    return found && { layers: found.layers, position: chain.length - 1 };
  }

  /** An image of those layers. @param core what is known of it besides. @throws EngineError as {@link find} does. */
  async image(
    chain: readonly StepLayer[],
    core: Partial<ImageCore>,
    options: CallOptions,
  ): Promise<StoredLayers | undefined> {
    const blobs = await Promise.all(chain.map((layer) => this.#locate(layer, options.signal)));
    const found = blobs.filter((blob) => blob !== undefined);
    const size = found.reduce((sum, { remote }) => sum + (remote?.size ?? 0), 0);
    if (chain.length === 0 || found.length < chain.length || size > mostBytes) return undefined;
    const rooms = wholeLayers(this.#rooms);
    const image = chainImage(this.#buildkit.endpoint, { ...core, layers: found });
    const layers = layerFilesOf(rooms, image, this.#hashes);
    // What cannot be brought here is no evidence.
    await layers.rootfs(chain.length - 1, options);
    return { image, layers };
  }

  async #locate(
    { digest, diffId }: StepLayer,
    signal: AbortSignal | undefined,
  ): Promise<LayerBlob | undefined> {
    if (!isDigest(digest)) return undefined;
    const size = await this.#buildkit.contentSize(digest, signal);
    if (size === undefined) return undefined;
    const { endpoint } = this.#buildkit;
    return {
      remote: this.#rooms.contentLayer({ endpoint, digest, size }),
      ...(diffId !== undefined && { claimedDiffId: diffId }),
    };
  }
}

/** An image of which nothing but its layers has to be known. */
function chainImage(endpoint: EngineEndpoint, core: Partial<ImageCore> & Pick<ImageCore, 'layers'>): Image {
  const engineId = core.layers.map(({ remote }) => remote?.identity).join(' ');
  const nothing = { names: [], attachments: [], problems: [] };
  return toImage(
    { location: formatEndpoint(endpoint), kind: 'docker-daemon' },
    { ...nothing, engineId, position: 0, variants: [] },
    { position: 0, isAvailable: true },
    { ...nothing, ...core },
  );
}
