import type { BlobLocation } from './archive/blobLocation.ts';
import { sniffCompression, sniffLength } from './archive/compression.ts';
import { readBlob } from './archive/readBlob.ts';
import type { ByteRange } from './base/byteRange.ts';
import { EngineError } from './base/errors.ts';
import { toText } from './base/layerPath.ts';
import type { CallOptions } from './base/progress.ts';
import { containerdTarget, type StoredLayer } from './compare/containerdTarget.ts';
import { type ImageLayers, layerAt } from './imageLayers.ts';
import type { FileRequest } from './layers/layerJobs.ts';
import type { LayerIndexes } from './layers/layerIndexes.ts';
import type { LayerWork } from './layers/layerWork.ts';
import type { Descriptor } from './oci/descriptor.ts';
import type { RootfsEntry } from './rootfs/rootfs.ts';
import type { Image } from './sources/image.ts';

/** The bytes of an image's files: finds where a file lies and has it read. */
export class ImageFiles {
  readonly #layers: ImageLayers;
  readonly #indexes: LayerIndexes;
  readonly #work: LayerWork;

  constructor(layers: ImageLayers, indexes: LayerIndexes, work: LayerWork) {
    this.#layers = layers;
    this.#indexes = indexes;
    this.#work = work;
  }

  async *read(
    image: Image,
    file: RootfsEntry,
    range?: ByteRange,
    options?: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    if (file.size === 0 && file.type === 'file') return;
    yield* this.#work.readFile(await this.#request(image, file, options), range, options);
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

  async hash(image: Image, file: RootfsEntry, options?: CallOptions): Promise<string> {
    return this.#work.hashFile(await this.#request(image, file, options), options);
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
          const blob = locationOf(image, position);
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

  async #request(image: Image, file: RootfsEntry, options?: CallOptions): Promise<FileRequest> {
    if (file.type !== 'file')
      throw new EngineError('not-a-file', toText(file.path), `it is of type ${file.type}`);
    const blob = locationOf(image, file.contentLayer);
    const index = await this.#layers.index(image, file.contentLayer, options);
    const key = await this.#indexes.keyOf(layerAt(image, file.contentLayer).diffId, blob);
    return {
      layer: { blob, indexFile: this.#indexes.fileOf(key) },
      file: {
        subject: toText(file.path),
        dataOffset: index.dataOffset(file.contentNode),
        size: file.size,
        sparseMap: index.sparseMap(file.contentNode),
        contentHash: index.contentHash(file.contentNode),
      },
    };
  }
}

/** @throws EngineError `not-found` when the source lacks the blob. */
function locationOf(image: Image, position: number): BlobLocation {
  const layer = layerAt(image, position);
  const { location, descriptor } = layer.blob;
  if (location !== undefined) return location;
  const subject = descriptor?.digest ?? layer.diffId ?? `layer ${position}`;
  throw new EngineError('not-found', subject, 'the archive does not hold this layer');
}
