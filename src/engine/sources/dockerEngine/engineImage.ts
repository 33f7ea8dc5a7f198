import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { RemoteBlob } from '../../archive/remoteBlob.ts';
import { EngineError } from '../../base/errors.ts';
import type { Problem } from '../../base/problem.ts';
import type { CallOptions } from '../../base/progress.ts';
import { type Digest, digestOf, type DiffId, type ImageId, isDigest } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/imageConfig.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { ImageCore, ImageEntry, ImageVariant, LayerBlob } from '../imageSource.ts';
import type { EngineImageDetails } from './engineApi.ts';
import type { EngineSaves, SaveableImage, SaveableLayer } from './engineSaves.ts';
import type { KnownDocuments } from './knownDocuments.ts';
import { provisionalConfig } from './provisionalConfig.ts';
import type { EngineStep } from './toldSteps.ts';

/** What an engine tells of one image, and what is known of it besides. */
export interface ToldImage {
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
  readonly details: EngineImageDetails;
  /** Oldest first. */
  readonly steps: readonly EngineStep[];
  /** Undefined until they have come with a save stream. */
  readonly documents: KnownDocuments | undefined;
  readonly isContainerd: boolean;
}

/** How the layers of an engine's images are brought here. */
export interface LayerBringer {
  /** `/info`'s: what was learned from one engine is not believed of another. */
  readonly engineId: string;
  readonly saves: EngineSaves;
}

/** The image as it can be shown now; its layers come when they are asked for. */
export function toCore(told: ToldImage, saveable: SaveableImage, bringer: LayerBringer): ImageCore {
  const { entry, variant, documents, details, steps, isContainerd } = told;
  const { descriptor, bytes } = documents?.manifest ?? {};
  const parents = isContainerd ? [] : parentsIn(steps);
  return {
    names: entry.names,
    ...(entry.target && { target: entry.target }),
    ...(descriptor && bytes && { manifest: { descriptor, bytes } }),
    configBytes: documents?.config ?? provisionalConfig(details, steps),
    ...(documents === undefined && provisionalMembers(told)),
    layers: toLayers(told, saveable, bringer),
    attachments: attachmentsOf(entry, variant),
    ...(parents.length > 0 && { parents }),
    problems: problemsOf(told),
  };
}

/** The image's layers as they are to be asked for. */
export function saveableLayers({
  details,
  documents,
}: Pick<ToldImage, 'details' | 'documents'>): readonly SaveableLayer[] {
  const descriptors = documents?.manifest?.parsed.layers ?? [];
  return diffIdsOf(details, documents).map((diffId, position) => ({
    diffId,
    digest: descriptors[position]?.digest,
    size: descriptors[position]?.size,
  }));
}

function diffIdsOf(details: EngineImageDetails, documents: KnownDocuments | undefined): readonly DiffId[] {
  const told = details.diffIds.filter((each) => isDigest(each)) as readonly string[] as readonly DiffId[];
  if (documents === undefined) return told;
  const { diffIds } = parseImageConfig(documents.config, digestOf(documents.config)).config;
  const known = diffIds.filter((each) => each !== undefined);
  return known.length === diffIds.length ? known : told;
}

function provisionalMembers({
  entry,
  isContainerd,
}: ToldImage): Pick<ImageCore, 'isProvisional' | 'claimedImageId'> {
  const { engineId } = entry;
  const isConfig = !isContainerd && isDigest(engineId);
  return { isProvisional: true, ...(isConfig && { claimedImageId: engineId as string as ImageId }) };
}

function toLayers(told: ToldImage, saveable: SaveableImage, bringer: LayerBringer): readonly LayerBlob[] {
  const counted = countedBytes(told.steps, saveable.layers.length);
  const descriptors: readonly (Descriptor | undefined)[] = told.documents?.manifest?.parsed.layers ?? [];
  return saveable.layers.map((layer, position) => {
    const descriptor = descriptors[position];
    const engineBytes = counted[position];
    return {
      ...(descriptor && { descriptor }),
      claimedDiffId: layer.diffId,
      ...(engineBytes !== undefined && { engineBytes }),
      remote: new EngineLayer(saveable, layer, bringer),
    };
  });
}

/** What the engine counts for each layer, lowest first; nothing where steps and layers do not go together. */
function countedBytes(steps: readonly EngineStep[], layerCount: number): readonly number[] {
  const counted = steps.filter(({ isEmpty }) => !isEmpty).map(({ sizeBytes }) => sizeBytes);
  return counted.length === layerCount ? counted : [];
}

/** The images it was built on here, nearest first: the steps below the newest that are images of their own. */
function parentsIn(steps: readonly EngineStep[]): readonly ImageId[] {
  const below = steps.slice(0, -1).map(({ id }) => id);
  const first = below.findLastIndex((id) => !isDigest(id));
  return below.slice(first + 1).reverse() as readonly string[] as readonly ImageId[];
}

function attachmentsOf({ attachments }: ImageEntry, { manifest }: ImageVariant): ImageCore['attachments'] {
  return attachments.filter(
    ({ subject }) => subject === undefined || manifest === undefined || subject === manifest.digest,
  );
}

function problemsOf({ entry, details, documents }: ToldImage): readonly Problem[] {
  if (documents !== undefined || details.diffIds.length > 0 || details.platform.os !== '')
    return entry.problems;
  const detail = 'the engine has lost its content';
  return [...entry.problems, { code: 'config-missing', subject: entry.engineId ?? details.id, detail }];
}

/** One layer of an engine's image. */
class EngineLayer implements RemoteBlob {
  readonly size: number | undefined;
  readonly identity: string;
  readonly #image: SaveableImage;
  readonly #layer: SaveableLayer;
  readonly #saves: EngineSaves;

  constructor(image: SaveableImage, layer: SaveableLayer, { engineId, saves }: LayerBringer) {
    this.size = layer.size;
    this.identity = `engine ${engineId} ${layer.diffId}`;
    this.#image = image;
    this.#layer = layer;
    this.#saves = saves;
  }

  fetch(options?: CallOptions): Promise<BlobLocation> {
    return this.#saves.layer(this.#image, this.#layer, options);
  }

  forget(): Promise<void> {
    return this.#saves.forget(this.#layer);
  }
}

/** A manifest, config or layer that is known by its digest alone: it comes with the whole image. */
export class EngineBlob implements RemoteBlob {
  readonly size = undefined;
  readonly identity: string;
  readonly #digest: Digest;
  readonly #fetch: (options?: CallOptions) => Promise<BlobLocation | undefined>;

  constructor(digest: Digest, fetch: (options?: CallOptions) => Promise<BlobLocation | undefined>) {
    this.identity = `blob ${digest}`;
    this.#digest = digest;
    this.#fetch = fetch;
  }

  async fetch(options?: CallOptions): Promise<BlobLocation> {
    const location = await this.#fetch(options);
    if (location !== undefined) return location;
    throw new EngineError('not-found', this.#digest, 'the engine did not send this blob');
  }
}
