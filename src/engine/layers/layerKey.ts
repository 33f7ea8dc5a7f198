import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { DiffId } from '../oci/digest.ts';
import { hexOf } from '../oci/digest.ts';

/** Names a layer's bytes; equal for the same layer of two images. Also the name of its index file. */
export type LayerKey = string & { readonly __brand: 'LayerKey' };

/**
 * The key of a layer as it lies on disk: the diffID its image claims and a fingerprint of the blob.
 *
 * A diffID is only a claim until the whole layer is hashed, and hashing costs as much as indexing. The fingerprint
 * keeps a false claim from showing another layer's tree, or from leaving a false tree behind for honest images: it
 * covers the size and all bytes of small blobs, and of large ones both ends and pieces at places that only this
 * installation knows.
 *
 * @param secret chooses the places; at least 16 bytes.
 */
export async function layerKeyOf(
  diffId: DiffId | undefined,
  blob: BlobLocation,
  secret: Uint8Array,
): Promise<LayerKey> {
  const hash = createHash('sha256').update(secret).update(`${blob.size}`);
  const file = await open(blob.file, 'r');
  try {
    for (const [start, length] of sampledRanges(blob.size, secret)) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, blob.offset + start);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  const claim = diffId === undefined ? 'unnamed' : hexOf(diffId);
  return `${claim}-${hash.digest('hex').slice(0, 32)}` as LayerKey;
}

const wholeUpTo = 256 * 1024;
const endLength = 64 * 1024;
const pieceLength = 4096;
const pieceCount = 16;

function sampledRanges(size: number, secret: Uint8Array): readonly (readonly [number, number])[] {
  if (size <= wholeUpTo) return [[0, size]];
  const places = createHash('sha512').update(secret).update(`places ${size}`).digest();
  const pieces = Array.from({ length: pieceCount }, (_, at): readonly [number, number] => {
    const fraction = places.readUInt32LE(at * 4) / 2 ** 32;
    return [Math.floor(fraction * (size - pieceLength)), pieceLength];
  });
  return [[0, endLength], ...pieces, [size - endLength, endLength]];
}
