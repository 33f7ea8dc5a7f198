import type { BlobPlace } from '../../archive/remoteBlob.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { Problem } from '../../base/problem.ts';
import type { CallOptions } from '../../base/progress.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { matchesPlatform, type Platform } from '../../oci/platform.ts';
import type { BlobCache } from '../blobCache.ts';
import type { ImageCore, ImageEntry, ImageSource, ImageVariant } from '../imageSource.ts';
import { formatEndpoint } from './endpoint.ts';
import type { EngineCapabilities, EngineImageDetails } from './engineApi.ts';
import type { EngineClient } from './engineClient.ts';
import { toEntry } from './engineEntries.ts';
import { EngineBlob, saveableLayers, toCore } from './engineImage.ts';
import type { EngineSaves, SaveableImage } from './engineSaves.ts';
import { findDocuments } from './knownDocuments.ts';
import { toldSteps } from './toldSteps.ts';

export interface EngineSourceParts {
  readonly client: EngineClient;
  readonly capabilities: EngineCapabilities;
  /** `/info`'s ID. */
  readonly engineId: string;
  readonly cache: BlobCache;
  readonly saves: EngineSaves;
}

/**
 * The images of an engine as they are when they are first listed. Their layers come with the save stream of the whole
 * image, when the first is asked for; until then configs are put together from what the engine tells.
 */
export class EngineSource implements ImageSource {
  readonly kind = 'docker-daemon';
  readonly location: string;
  readonly problems: readonly Problem[] = [];
  readonly #parts: EngineSourceParts;
  #entries: Promise<readonly ImageEntry[]> | undefined;
  /** Which image a manifest, an index or a config leads to. */
  readonly #owners = new Map<Digest, SaveableImage>();

  constructor(parts: EngineSourceParts) {
    this.location = formatEndpoint(parts.client.endpoint);
    this.#parts = parts;
  }

  /** @throws EngineError as `EngineClient`. */
  async list({ signal }: CallOptions = {}): Promise<readonly ImageEntry[]> {
    const listing = (this.#entries ??= this.#list(signal));
    try {
      return await listing;
    } catch (error) {
      // A failure or a cancel is not remembered.
      if (this.#entries === listing) this.#entries = undefined;
      throw error;
    }
  }

  /**
   * The image of a name, an ID or the beginning of one, or `NAME@DIGEST`, without the list.
   *
   * @throws EngineError `not-found`; as `EngineClient`.
   */
  async find(name: string, { signal }: CallOptions = {}): Promise<ImageEntry> {
    const { client, capabilities } = this.#parts;
    const manifests = capabilities.tellsManifests;
    const details = await client.inspectImage(name, { manifests, ...(signal && { signal }) });
    const entry = toEntry(details, 0);
    this.#own(entry);
    return entry;
  }

  /** @throws EngineError `not-found` when the image, or this platform of it, has gone; as `EngineClient`. */
  async resolve(entry: ImageEntry, variant: ImageVariant, { signal }: CallOptions = {}): Promise<ImageCore> {
    const { client, cache, capabilities } = this.#parts;
    const isContainerd = capabilities.imageStore === 'containerd';
    const name = engineIdOf(entry);
    const stop = signal && { signal };
    const platform = askedPlatform(entry, variant);
    const asked = { ...stop, ...(platform && { platform }) };
    // An engine tells either one platform or all manifests.
    const whatToTell =
      platform !== undefined && capabilities.inspectTakesPlatform ? asked : { ...stop, manifests: true };
    const [details, history, documents] = await Promise.all([
      client.inspectImage(name, whatToTell),
      client.imageHistory(name, asked).catch(withoutHistory),
      findDocuments(cache, rootOf(entry, variant, isContainerd), variant.platform),
    ]);
    const steps = await toldSteps(client, details, history, { ...stop, mayAsk: documents === undefined });
    const told = { entry, variant, details, steps, documents, isContainerd };
    const image = { ...toSaveable(entry, variant), layers: saveableLayers(told) };
    const saveable = { ...image, totalBytes: totalOf(details, variant, isContainerd) };
    return toCore(told, saveable, this.#parts);
  }

  /** Of manifests, configs and layers of images that this source has named; what is not here comes with its whole image. */
  async locate(digest: Digest): Promise<BlobPlace | undefined> {
    const { cache, saves } = this.#parts;
    const owner = this.#owners.get(digest);
    if (owner === undefined) return cache.whole(digest);
    return new EngineBlob(digest, async (options) => {
      await saves.all(owner, options);
      return cache.whole(digest);
    });
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    // The connection belongs to who made it.
    return Promise.resolve();
  }

  async #list(signal: AbortSignal | undefined): Promise<readonly ImageEntry[]> {
    const { client, capabilities } = this.#parts;
    const manifests = capabilities.tellsManifests;
    const images = await client.listImages({ manifests, ...(signal && { signal }) });
    const entries = images.map(toEntry);
    for (const entry of entries) this.#own(entry);
    return entries;
  }

  /** What is not in the engine has no owner: it is not here, and does not come. */
  #own(entry: ImageEntry): void {
    const [variant] = entry.variants;
    const root = entry.target?.digest ?? entry.engineId;
    const available = entry.variants.filter(({ isAvailable }) => isAvailable);
    const manifests = available.flatMap(({ manifest }) => manifest?.digest ?? []);
    for (const each of available)
      if (each.manifest !== undefined) this.#owners.set(each.manifest.digest, toSaveable(entry, each));
    if (variant !== undefined && isDigest(root))
      this.#owners.set(root, { ...toSaveable(entry, variant), root, platform: undefined, manifests });
  }
}

function engineIdOf({ engineId, names, position }: ImageEntry): string {
  if (engineId !== undefined) return engineId;
  throw new EngineError('not-found', names[0] ?? `image ${position}`, 'it is not an image of this engine');
}

/** Where an image's documents begin: its manifest, what its tag names, or in a classic store its config. */
function rootOf(entry: ImageEntry, variant: ImageVariant, isContainerd: boolean): Digest | Descriptor {
  const known = variant.manifest ?? entry.target;
  const digest = engineIdOf(entry) as Digest;
  // Before API 1.48 that store told no descriptor of what it calls the image by.
  return known ?? (isContainerd ? { mediaType: '', digest, size: 0 } : digest);
}

function toSaveable(entry: ImageEntry, variant: ImageVariant): SaveableImage {
  return {
    engineId: engineIdOf(entry),
    platform: askedPlatform(entry, variant),
    root: (variant.manifest ?? entry.target)?.digest ?? (engineIdOf(entry) as Digest),
    layers: [],
    totalBytes: undefined,
    manifests: variant.manifest === undefined ? [] : [variant.manifest.digest],
  };
}

/** Which one is meant, where there are several; an engine refuses a platform that two of them have. */
function askedPlatform({ variants }: ImageEntry, { platform }: ImageVariant): Platform | undefined {
  if (platform === undefined || variants.length < 2) return undefined;
  const same = variants.filter((each) => each.platform && matchesPlatform(platform, each.platform));
  return same.length === 1 ? platform : undefined;
}

/** An engine that lost an image's content tells no history of it. */
function withoutHistory(error: unknown): readonly [] {
  if (isEngineError(error, 'not-found')) return [];
  throw error;
}

/** A classic store sends layers unpacked, and counts them so; containerd's as they are stored. */
function totalOf(
  { sizeBytes, manifests }: EngineImageDetails,
  { manifest }: ImageVariant,
  isContainerd: boolean,
): number | undefined {
  if (!isContainerd) return sizeBytes > 0 ? sizeBytes : undefined;
  const own = manifests.find(({ descriptor }) => descriptor.digest === manifest?.digest);
  return own?.contentBytes;
}
