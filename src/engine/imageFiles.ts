import { sniffCompression, sniffLength } from './archive/compression.ts';
import { readBlob } from './archive/readBlob.ts';
import { type BlobPlace, bringHere, isRemote } from './archive/remoteBlob.ts';
import type { ByteRange } from './base/byteRange.ts';
import { EngineError, type FailureCode, isEngineError } from './base/errors.ts';
import { toText } from './base/layerPath.ts';
import type { CallOptions } from './base/progress.ts';
import { containerdTarget, type StoredLayer } from './compare/containerdTarget.ts';
import { type ImageLayers, layerAt } from './imageLayers.ts';
import type { FileContent } from './layers/fileContent.ts';
import type { FileRequest } from './layers/layerJobs.ts';
import type { LayerIndexes } from './layers/layerIndexes.ts';
import type { LayerWork } from './layers/layerWork.ts';
import type { ReadableLayer } from './layers/openLayers.ts';
import type { Descriptor } from './oci/descriptor.ts';
import { RemoteFiles, type RemoteReadOptions } from './remoteFiles.ts';
import { fileContentIn } from './rootfs/fileContentIn.ts';
import type { RootfsEntry } from './rootfs/rootfs.ts';
import type { Image } from './sources/image.ts';

/** The bytes of an image's files: finds where a file lies and has it read. */
export class ImageFiles {
  readonly #layers: ImageLayers;
  readonly #indexes: LayerIndexes;
  readonly #work: LayerWork;
  readonly #remote: RemoteFiles;

  constructor(layers: ImageLayers, indexes: LayerIndexes, work: LayerWork) {
    this.#layers = layers;
    this.#indexes = indexes;
    this.#work = work;
    this.#remote = new RemoteFiles(indexes);
  }

  async *read(
    image: Image,
    file: RootfsEntry,
    range?: ByteRange,
    options?: RemoteReadOptions,
  ): AsyncGenerator<Uint8Array> {
    if (file.size === 0 && file.type === 'file') return;
    const request = await this.#request(image, file, range, options);
    try {
      yield* this.#work.readFile(request, range, options);
    } catch (error) {
      throw await forgotten(error, request, placeOf(image, file.contentLayer));
    }
  }

  /** @throws EngineError `too-large` beyond `limit` bytes. */
  async readWhole(
    image: Image,
    file: RootfsEntry,
    limit: number,
    options?: CallOptions,
  ): Promise<Uint8Array> {
    if (file.size > limit)
      throw new EngineError('too-large', toText(file.path), `${file.size} bytes are more than ${limit}`);
    const pieces: Uint8Array[] = [];
    for await (const bytes of this.read(image, file, undefined, options)) pieces.push(bytes);
    return Buffer.concat(pieces);
  }

  /** The layers as threads read them, lowest first; undefined where one does not lie here. */
  readable(image: Image): Promise<readonly (ReadableLayer | undefined)[]> {
    return Promise.all(
      image.layers.map(async ({ blob: { location: blob }, diffId }) => {
        if (blob === undefined) return undefined;
        return { blob, indexFile: this.#indexes.fileOf(await this.#indexes.keyOf(diffId, blob)) };
      }),
    );
  }

  async hash(image: Image, file: RootfsEntry, options?: CallOptions): Promise<string> {
    const request = await this.#request(image, file, undefined, options);
    try {
      return await this.#work.hashFile(request, options);
    } catch (error) {
      throw await forgotten(error, request, placeOf(image, file.contentLayer));
    }
  }

  /** Whether two files of one size hold the same bytes; hashes both. */
  async areEqual(
    image: Image,
    one: RootfsEntry,
    other: RootfsEntry,
    options?: CallOptions,
  ): Promise<boolean> {
    const [first, second] = await Promise.all([
      this.hash(image, one, options),
      this.hash(image, other, options),
    ]);
    return first === second;
  }

  /** What Docker's containerd store calls the image; hashes the layers where a manifest must be written first. */
  containerdTarget(image: Image, options?: CallOptions): Promise<Descriptor | undefined> {
    return containerdTarget(image, () =>
      Promise.all(
        image.layers.map(async ({ position }): Promise<StoredLayer> => {
          const blob = await bringHere(placeOf(image, position), options);
          const { digest } = await this.#work.copyBlob({ from: blob, algorithm: 'sha256' }, options);
          const head = await readBlob(
            { ...blob, size: Math.min(blob.size, sniffLength) },
            sniffLength,
            digest,
          );
          const isCompressed = !['tar', 'empty'].includes(sniffCompression(head));
          return { digest, size: blob.size, isCompressed };
        }),
      ),
    );
  }

  async #request(
    image: Image,
    file: RootfsEntry,
    range: ByteRange | undefined,
    options?: RemoteReadOptions,
  ): Promise<FileRequest> {
    if (file.type !== 'file')
      throw new EngineError('not-a-file', toText(file.path), `it is of type ${file.type}`);
    const place = placeOf(image, file.contentLayer);
    const content = await this.#contentOf(image, file, options);
    const { diffId } = layerAt(image, file.contentLayer);
    if (isRemote(place)) return this.#remote.request({ remote: place, diffId }, content, range, options);
    const indexFile = this.#indexes.fileOf(await this.#indexes.keyOf(diffId, place));
    return { layer: { blob: place, indexFile }, file: content };
  }

  async #contentOf(image: Image, file: RootfsEntry, options?: CallOptions): Promise<FileContent> {
    const index = await this.#layers.index(image, file.contentLayer, options);
    return fileContentIn(index, file);
  }
}

/** @throws EngineError `not-found` when the source lacks the blob. */
function placeOf(image: Image, position: number): BlobPlace {
  const layer = layerAt(image, position);
  const place = layer.blob.location ?? layer.blob.remote;
  if (place !== undefined) return place;
  const subject = layer.blob.descriptor?.digest ?? layer.diffId ?? `layer ${position}`;
  throw new EngineError('not-found', subject, 'the archive does not hold this layer');
}

/** The failure of a read; what was fetched and proved unusable is not to be read again. */
async function forgotten(error: unknown, { file }: FileRequest, place: BlobPlace): Promise<unknown> {
  if (!isRemote(place) || !isEngineError(error) || !unusable.has(error.code)) return error;
  // That it cannot be forgotten must not hide what is wrong.
  await place.forget?.().catch(() => undefined);
  if (file.isUnchecked !== true) return error;
  // Bytes that are not the layer's can make a decoder ask for more than was fetched, or end before the file does.
  return new EngineError('damaged', file.subject, 'what was fetched of its layer is not what was indexed', {
    cause: error,
  });
}

const unusable: ReadonlySet<FailureCode> = new Set<FailureCode>(['damaged', 'truncated', 'not-found']);
