import type { BlobLocation } from '../../archive/blobLocation.ts';
import { type Event, EventEmitter } from '../../base/event.ts';
import type { CallOptions, EndedPart } from '../../base/progress.ts';
import { type Digest, type DiffId, isDigest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { BlobCache } from '../blobCache.ts';
import type { FetchWork } from '../fetchWork.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { ImageSave } from './imageSave.ts';

/** An image as its save stream is asked for. */
export interface SaveableImage {
  readonly engineId: string;
  /** Where one of several is meant. */
  readonly platform: Platform | undefined;
  /** What its documents are found from. */
  readonly root: Digest;
  /** Lowest first. */
  readonly layers: readonly SaveableLayer[];
  readonly totalBytes: number | undefined;
  /** The manifests that belong to it and are in the engine, as far as it tells. */
  readonly manifests: readonly Digest[];
}

export interface SaveableLayer {
  readonly diffId: DiffId;
  /** Of the blob as the engine stores it, where its manifest is known. */
  readonly digest: Digest | undefined;
  readonly size: number | undefined;
}

export interface EngineSavesParts {
  readonly endpoint: EngineEndpoint;
  readonly cache: BlobCache;
  readonly work: FetchWork;
  /** Whether the layer's tree is known, so that its bytes need not come before someone asks for them. */
  readonly isIndexed: (diffId: DiffId) => Promise<boolean>;
}

/** The save streams of one engine: one at a time for each image, whoever wants its layers. */
export class EngineSaves implements Disposable {
  readonly #parts: EngineSavesParts;
  readonly #saves = new Map<string, Promise<ImageSave>>();
  /** What layers have come as, where that is not told by their diffIDs. */
  readonly #arrived = new Map<DiffId, Pick<SaveableLayer, 'digest' | 'size'>>();
  readonly #learned = new EventEmitter<string>();
  readonly #closed = new AbortController();
  /** Fires with the engine's ID of an image when its true documents have come. */
  readonly onDidLearn: Event<string> = this.#learned.event;

  constructor(parts: EngineSavesParts) {
    this.#parts = parts;
  }

  /** A layer that an earlier stream has left here. */
  async here(layer: SaveableLayer): Promise<BlobLocation | undefined> {
    const { cache } = this.#parts;
    const { digest, size } = this.#arrived.get(layer.diffId) ?? layer;
    return (await cache.whole(layer.diffId)) ?? (digest && (await cache.whole(digest, size)));
  }

  /** Its bytes have proved damaged since. */
  async forget(layer: SaveableLayer): Promise<void> {
    const { digest } = this.#arrived.get(layer.diffId) ?? layer;
    this.#arrived.delete(layer.diffId);
    for (const each of [layer.diffId, digest]) if (each !== undefined) await this.#parts.cache.drop(each);
  }

  /**
   * Brings a layer here, from the stream that flows or from one that is started now.
   *
   * @throws EngineError as `RemoteBlob.fetch`.
   */
  async layer(image: SaveableImage, layer: SaveableLayer, options: CallOptions = {}): Promise<BlobLocation> {
    for (;;) {
      const here = await this.here(layer);
      if (here !== undefined) return here;
      const save = await this.#save(image, layer);
      if (save.wanted.has(layer.diffId)) return save.layer(layer.diffId, options);
      // It has been passed over; the next stream is for it.
      await save.whole(layer.diffId, options);
    }
  }

  /**
   * Brings all of an image here, every blob under its digest.
   *
   * @throws EngineError as `RemoteBlob.fetch`.
   */
  async all(image: SaveableImage, options: CallOptions = {}): Promise<void> {
    if (await this.#hasAll(image)) return;
    const key = `all ${keyOf(image)}`;
    const save = await this.#share(key, () => Promise.resolve(this.#start(image, [], true)));
    await save.whole(image.engineId, options);
  }

  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  /** Whether an earlier stream has left all of it here. */
  async #hasAll({ root, manifests }: SaveableImage): Promise<boolean> {
    const { cache } = this.#parts;
    if (manifests.length === 0 || (await cache.whole(root)) === undefined) return false;
    for (const manifest of manifests) {
      const blobs = blobsOf(manifest, await cache.document(manifest));
      for (const digest of [manifest, ...blobs]) if ((await cache.whole(digest)) === undefined) return false;
      if (blobs.length === 0) return false;
    }
    return true;
  }

  #save(image: SaveableImage, layer: SaveableLayer): Promise<ImageSave> {
    return this.#share(keyOf(image), async () => this.#start(image, await this.#wanted(image, layer), false));
  }

  /** The save that flows under the name, or a new one. */
  async #share(key: string, begin: () => Promise<ImageSave>): Promise<ImageSave> {
    const known = this.#saves.get(key);
    if (known !== undefined && (await isJoinable(known))) return known;
    if (this.#saves.get(key) !== known) return this.#share(key, begin);
    const beginning = begin();
    this.#saves.set(key, beginning);
    const forget = (): void => {
      if (this.#saves.get(key) === beginning) this.#saves.delete(key);
    };
    beginning.then((save) => save.result).then(forget, forget);
    return beginning;
  }

  /** The layer that is asked for, and those that will be asked for next. */
  async #wanted(image: SaveableImage, layer: SaveableLayer): Promise<readonly DiffId[]> {
    const wanted: DiffId[] = [];
    for (const each of image.layers) {
      const isKnown =
        each.diffId !== layer.diffId &&
        ((await this.here(each)) !== undefined || (await this.#parts.isIndexed(each.diffId)));
      if (!isKnown) wanted.push(each.diffId);
    }
    return wanted;
  }

  #start(image: SaveableImage, wanted: readonly DiffId[], keepsAll: boolean): ImageSave {
    const { endpoint, work } = this.#parts;
    const { engineId, platform, root, layers, totalBytes } = image;
    const unwanted = layers.filter(({ diffId }) => !wanted.includes(diffId));
    const request = {
      endpoint,
      name: engineId,
      root,
      wanted,
      keepsAll,
      layers: layers.map(({ diffId }) => diffId),
      passedOver: unwanted.flatMap(({ digest }) => digest ?? []),
      ...(platform && { platform }),
      ...(totalBytes !== undefined && { totalBytes }),
    };
    return new ImageSave(wanted, async ({ signal, onProgress }) => {
      const both = AbortSignal.any([signal, this.#closed.signal]);
      const saved = await work.run('saveEngineImage', request, {
        signal: both,
        onProgress: (report) => {
          if (report.part !== undefined) this.#note(report.part);
          onProgress(report);
        },
      });
      if (saved.isLearned) this.#learned.fire(engineId);
      return saved;
    });
  }

  #note({ name, digest, size }: EndedPart): void {
    if (isDigest(digest)) this.#arrived.set(name as DiffId, { digest, size });
  }
}

/** What a manifest names; nothing where it is not here. */
function blobsOf(digest: Digest, bytes: Uint8Array | undefined): readonly Digest[] {
  try {
    const manifest = bytes && parseManifest(bytes, digest);
    if (manifest?.kind !== 'manifest') return [];
    return [manifest.config, ...manifest.layers].flatMap((each) => each?.digest ?? []);
  } catch {
    return [];
  }
}

async function isJoinable(saving: Promise<ImageSave>): Promise<boolean> {
  return saving.then(
    (save) => !save.isAbandoned,
    () => false,
  );
}

function keyOf({ engineId, platform }: SaveableImage): string {
  return platform === undefined ? engineId : `${engineId} ${formatPlatform(platform)}`;
}
