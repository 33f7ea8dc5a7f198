import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { BlobFile } from '../archive/blobFile.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { throwIfAborted } from '../base/abort.ts';
import { EngineError } from '../base/errors.ts';
import type { JobContext } from '../base/jobServer.ts';
import { algorithmOf, type Digest, type DiffId, hexOf } from '../oci/digest.ts';
import type { BlobCache } from './blobCache.ts';
import type { BlobDraft } from './blobDraft.ts';

/** A plain layer to be packed for a registry. */
export interface PackLayerRequest {
  readonly layer: BlobLocation;
  /** As the config claims; checked on the way. */
  readonly diffId: DiffId | undefined;
}

export interface PackedBlob {
  readonly location: BlobLocation;
  /** Of the packed bytes. */
  readonly digest: Digest;
}

/**
 * Packs a layer with gzip into the cache. The same layer gives the same bytes, as long as zlib does.
 *
 * @throws EngineError `digest-mismatch` when the layer is not what its diffID says; `no-space`, `cancelled`.
 */
export async function packLayer(
  cache: BlobCache,
  { layer, diffId }: PackLayerRequest,
  context: JobContext,
): Promise<PackedBlob> {
  const identity = `gzip of ${diffId ?? `${layer.file} ${layer.offset} ${layer.size}`}`;
  await using draft = await cache.draft(identity);
  if (draft.length > 0) await draft.restart();
  try {
    await pack(layer, diffId, draft, context);
    return await draft.commit();
  } catch (error) {
    // The half of it is of no use to anyone.
    await draft.discard();
    throw error;
  }
}

async function pack(
  layer: BlobLocation,
  diffId: DiffId | undefined,
  draft: BlobDraft,
  { signal, onProgress }: JobContext,
): Promise<void> {
  const hash = createHash(diffId === undefined ? 'sha256' : algorithmOf(diffId));
  let done = 0;
  const plain = async function* (): AsyncGenerator<Buffer> {
    await using file = await BlobFile.open(layer);
    for await (const piece of file.pieces()) {
      throwIfAborted(signal, layer.file);
      hash.update(piece);
      yield piece;
      done += piece.length;
      onProgress({ subject: layer.file, done, total: layer.size });
    }
  };
  const source = Readable.from(plain(), { objectMode: false });
  const gzip = createGzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => gzip.destroy(error));
  for await (const piece of source.pipe(gzip) as AsyncIterable<Buffer>) await draft.write(piece);
  if (diffId !== undefined && hash.digest('hex') !== hexOf(diffId))
    throw new EngineError('digest-mismatch', diffId, 'the layer is not what its config says');
}
