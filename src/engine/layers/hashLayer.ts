import { type Hash, createHash } from 'node:crypto';
import { BlobFile } from '../archive/blobFile.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { requireReadable, sniffCompression, sniffLength } from '../archive/compression.ts';
import { decompress } from '../archive/decompress.ts';
import { throwIfAborted } from '../base/abort.ts';
import type { CallOptions } from '../base/progress.ts';

/** A hash of the algorithms that name blobs. */
export type DigestAlgorithm = 'sha256' | 'sha512';

export interface LayerHashes {
  /** `sha256:…` or `sha512:…` of the blob as it is stored. */
  readonly digest: string;
  /** `sha256:…` or `sha512:…` of the unpacked tar, to its last byte. */
  readonly diffId: string;
  readonly tarSize: number;
}

/**
 * Reads and unpacks a whole layer for its two names.
 *
 * @throws EngineError `truncated`, `damaged`, `unsupported`, `limit-exceeded`, `cancelled`.
 */
export async function hashLayer(
  blob: BlobLocation,
  algorithms: { readonly digest: DigestAlgorithm; readonly diffId: DigestAlgorithm },
  { signal, onProgress }: CallOptions = {},
): Promise<LayerHashes> {
  await using file = await BlobFile.open(blob);
  const compression = requireReadable(sniffCompression(await file.read(0, sniffLength)), blob.file);
  const digest = createHash(algorithms.digest);
  const diffId = createHash(algorithms.diffId);
  let tarSize = 0;
  const stored = hashed(file, digest, (done) => {
    throwIfAborted(signal, blob.file);
    onProgress?.({ subject: blob.file, done, total: blob.size });
  });
  for await (const bytes of decompress(stored, compression, { subject: blob.file })) {
    throwIfAborted(signal, blob.file);
    diffId.update(bytes);
    tarSize += bytes.length;
  }
  return {
    digest: `${algorithms.digest}:${digest.digest('hex')}`,
    diffId: `${algorithms.diffId}:${diffId.digest('hex')}`,
    tarSize,
  };
}

async function* hashed(file: BlobFile, hash: Hash, onPiece: (done: number) => void): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const bytes of file.pieces()) {
    hash.update(bytes);
    yield bytes;
    onPiece((done += bytes.length));
  }
}
