import type { BlobLocation } from './archive/blobLocation.ts';
import type { RemoteBlob } from './archive/remoteBlob.ts';
import type { ByteRange } from './base/byteRange.ts';
import { isEngineError } from './base/errors.ts';
import type { CallOptions } from './base/progress.ts';
import { blobRangeOf } from './layers/blobRange.ts';
import { type FileContent, storedRangeOf } from './layers/fileContent.ts';
import type { FileRequest } from './layers/layerJobs.ts';
import type { LayerIndexes } from './layers/layerIndexes.ts';
import type { DiffId } from './oci/digest.ts';

export interface RemoteReadOptions extends CallOptions {
  /** Many files of the layer will be read: a whole blob is sooner here than its parts. */
  readonly isOneOfMany?: boolean;
}

/** A layer that lies elsewhere. */
export interface RemoteLayerPlace {
  readonly remote: RemoteBlob;
  readonly diffId: DiffId | undefined;
}

/**
 * Sees that the bytes of a file are here whose layer lies elsewhere: a range of the blob where its index is known and the
 * place gives ranges, else the whole blob.
 */
export class RemoteFiles {
  readonly #indexes: LayerIndexes;

  constructor(indexes: LayerIndexes) {
    this.#indexes = indexes;
  }

  /**
   * What a worker needs to read the file.
   *
   * @param range the part of the file that is wanted; the whole when left out.
   * @throws EngineError as `RemoteBlob.fetch`.
   */
  async request(
    layer: RemoteLayerPlace,
    file: FileContent,
    range: ByteRange | undefined,
    options: RemoteReadOptions = {},
  ): Promise<FileRequest> {
    const byRange = mayBeRead(file, range) && options.isOneOfMany !== true;
    return (
      (byRange ? await this.#byRange(layer, file, options) : undefined) ?? this.#whole(layer, file, options)
    );
  }

  /** Undefined when the whole blob has to come, or no less of it would. */
  async #byRange(
    { remote, diffId }: RemoteLayerPlace,
    file: FileContent,
    options: CallOptions,
  ): Promise<FileRequest | undefined> {
    const key = await this.#indexes.keyOf(diffId, remote);
    if (remote.fetchRange === undefined || remote.size === undefined) return undefined;
    // An index found in another way may be that of another packing, whose places are others.
    if (!(await this.#indexes.has(key))) return undefined;
    const indexFile = this.#indexes.fileOf(key);
    const wanted = await blobRangeOf(indexFile, storedRangeOf(file), remote.size);
    if (wanted === undefined) return undefined;
    const blob = await unlessUnsupported(remote.fetchRange(wanted, options));
    return blob && { layer: { blob, indexFile }, file: { ...file, isUnchecked: blob.present !== undefined } };
  }

  /** What was brought is read as any blob that is here, by the index of just these bytes. */
  async #whole(
    { remote, diffId }: RemoteLayerPlace,
    file: FileContent,
    options: CallOptions,
  ): Promise<FileRequest> {
    const blob = await remote.fetch(options);
    const key = await this.#indexes.keyOf(diffId, blob);
    if (!(await this.#indexes.has(key))) await this.#indexes.get(key, blob, options);
    return { layer: { blob, indexFile: this.#indexes.fileOf(key) }, file };
  }
}

/**
 * Whether the file's bytes can be checked without the digest of the whole blob: by their hash, for which the whole file
 * is held in memory when only a part of it is wanted.
 */
function mayBeRead({ contentHash, size }: FileContent, range: ByteRange | undefined): boolean {
  const isWhole = range === undefined || (range.start <= 0 && range.end >= size);
  return contentHash !== undefined && (isWhole || size <= checkedInMemory);
}

const checkedInMemory = 64 * 2 ** 20;

async function unlessUnsupported(fetching: Promise<BlobLocation>): Promise<BlobLocation | undefined> {
  try {
    return await fetching;
  } catch (error) {
    if (isEngineError(error, 'unsupported')) return undefined;
    throw error;
  }
}
