import type { Image, Layer } from '../sources/image.ts';
import { storedSizeOf } from '../sources/layerBlobs.ts';
import { reorderedPairs } from './sharingOrder.ts';
import type { ImageSharing, SharedLayer, SharedPlace, SharingReport, TransferCost } from './sharing.ts';

/** An image and docker's SIZE of each of its layers, lowest first. */
export interface MeasuredImage {
  readonly image: Image;
  readonly sizes: readonly number[];
}

/** What a layer is known by wherever it lies: its diffID, else its digest, else its place. */
export type ContentKey = string;

/** A layer, once for all images that have it. */
export interface LayerContent {
  readonly key: ContentKey;
  readonly layer: Layer;
  readonly size: number;
  readonly places: readonly SharedPlace[];
}

export function contentKeyOf(image: Image, { diffId, blob, position }: Layer): ContentKey {
  return diffId ?? blob.descriptor?.digest ?? `${image.id}#${position}`;
}

/** Every layer of the images once, lowest and most shared first. */
export function layerContents(images: readonly MeasuredImage[]): readonly LayerContent[] {
  const uses = countUses(images);
  const contents = new Map<ContentKey, LayerContent & { readonly places: SharedPlace[] }>();
  images.forEach(({ image, sizes }, at) => {
    for (const layer of image.layers) {
      const key = contentKeyOf(image, layer);
      const content = contents.get(key) ?? { key, layer, size: sizes[layer.position] ?? 0, places: [] };
      const isChainShared = (uses.chains.get(layer.chainId ?? '')?.size ?? 0) > 1;
      content.places.push({ image: at, layer: layer.position, chainId: layer.chainId, isChainShared });
      contents.set(key, content);
    }
  });
  return [...contents.values()].sort((a, b) => lowest(a) - lowest(b) || b.places.length - a.places.length);
}

/**
 * What images share. By chain ID it is what `docker system df -v` of the classic store tells when it holds these images
 * alone (formats.md §3.5): images count by ID, so two names of one image share nothing with each other.
 *
 * @param sameFiles of layers with other bytes and the same changes, the first one's key (see `sameFilesOf`).
 */
export function sharingOf(
  images: readonly MeasuredImage[],
  sameFiles: ReadonlyMap<ContentKey, ContentKey> = new Map(),
): SharingReport {
  const contents = layerContents(images);
  const uses = countUses(images);
  const rows = new Map(contents.map(({ key }, row) => [key, row]));
  const byKey = new Map(contents.map((content) => [content.key, content]));
  return {
    images: images.map((each) => imageSharing(each, uses, byKey)),
    layers: contents.map((content) => sharedLayer(content, rows.get(sameFiles.get(content.key) ?? ''))),
    chainBytes: chainBytesOf(images),
    contentBytes: sum(contents.map(({ size }) => size)),
    transfers: images.map(({ image: from }) =>
      images.map(({ image: to }) => transferCost(missingOf(from, to), byKey)),
    ),
    reordered: reorderedPairs(
      images.map(({ image }) => image),
      (image, layer) => {
        const key = contentKeyOf(image, layer);
        return sameFiles.get(key) ?? key;
      },
    ),
  };
}

/** How many images, by ID, use a chain or a content. */
interface Uses {
  readonly chains: ReadonlyMap<string, ReadonlySet<string>>;
  readonly contents: ReadonlyMap<ContentKey, ReadonlySet<string>>;
}

function countUses(images: readonly MeasuredImage[]): Uses {
  const [chains, contents] = [new Map<string, Set<string>>(), new Map<ContentKey, Set<string>>()];
  for (const { image } of images)
    for (const layer of image.layers) {
      // A chain that cannot be named is shared with nobody.
      if (layer.chainId !== undefined) addUse(chains, layer.chainId, image);
      addUse(contents, contentKeyOf(image, layer), image);
    }
  return { chains, contents };
}

function addUse(uses: Map<string, Set<string>>, key: string, image: Image): void {
  const users = uses.get(key) ?? new Set();
  users.add(image.imageId ?? image.id);
  uses.set(key, users);
}

function imageSharing(
  { image, sizes }: MeasuredImage,
  uses: Uses,
  contents: ReadonlyMap<ContentKey, LayerContent>,
): ImageSharing {
  const bytesOf = (isCounted: (layer: Layer) => boolean): number =>
    sum(image.layers.filter(isCounted).map(({ position }) => sizes[position] ?? 0));
  const size = bytesOf(() => true);
  const shared = bytesOf(({ chainId }) => (uses.chains.get(chainId ?? '')?.size ?? 0) > 1);
  const sharedByContent = bytesOf((layer) => (uses.contents.get(contentKeyOf(image, layer))?.size ?? 0) > 1);
  const whole = transferCost(keysOf(image), contents);
  return {
    image,
    size,
    shared,
    unique: size - shared,
    sharedByContent,
    uniqueByContent: size - sharedByContent,
    whole,
  };
}

function sharedLayer({ layer, size, places }: LayerContent, sameFilesAs: number | undefined): SharedLayer {
  return {
    diffId: layer.diffId,
    size,
    compressedSize: storedSizeOf(layer.blob),
    createdBy: layer.history?.createdBy,
    places,
    sameFilesAs,
  };
}

function chainBytesOf(images: readonly MeasuredImage[]): number {
  const chains = new Map<string, number>();
  for (const { image, sizes } of images)
    for (const { chainId, position } of image.layers)
      chains.set(chainId ?? `${image.id}#${position}`, sizes[position] ?? 0);
  return sum([...chains.values()]);
}

function keysOf(image: Image): ReadonlySet<ContentKey> {
  return new Set(image.layers.map((layer) => contentKeyOf(image, layer)));
}

function missingOf(from: Image, to: Image): ReadonlySet<ContentKey> {
  const known = keysOf(from);
  return new Set([...keysOf(to)].filter((key) => !known.has(key)));
}

function transferCost(
  keys: ReadonlySet<ContentKey>,
  contents: ReadonlyMap<ContentKey, LayerContent>,
): TransferCost {
  const sent = [...keys].flatMap((key) => contents.get(key) ?? []);
  const stored = sent.map(({ layer }) => storedSizeOf(layer.blob));
  const isKnown = stored.every((size) => size !== undefined);
  return {
    bytes: sum(sent.map(({ size }) => size)),
    compressedBytes: isKnown ? sum(stored) : undefined,
    layers: sent.length,
  };
}

function lowest({ places }: LayerContent): number {
  return Math.min(...places.map(({ layer }) => layer));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
