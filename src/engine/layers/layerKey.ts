import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { BlobLocation } from '../archive/blobLocation.ts';
import type { DiffId } from '../oci/digest.ts';
import { hexOf } from '../oci/digest.ts';

/** Names a layer's bytes; equal for the same layer of two images. Also the name of its index file. */
export type LayerKey = string & { readonly __brand: 'LayerKey' };

/** The part of a key that an image claims: the diffID's hex digits, or `unnamed`. */
export type LayerClaim = string & { readonly __brand: 'LayerClaim' };

export function claimOf(diffId: DiffId | undefined): LayerClaim {
  return (diffId === undefined ? 'unnamed' : hexOf(diffId)) as LayerClaim;
}

export function claimOfKey(key: LayerKey): LayerClaim {
  return key.slice(0, key.indexOf('-')) as LayerClaim;
}

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
export async function fingerprintKeyOf(
  claim: LayerClaim,
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
  return keyOf(claim, hash.digest('hex'));
}

/**
 * The key of a layer whose bytes are not here: the claim and what vouches for its bytes, see `layerIdentities.ts`. An
 * index is kept under it only when its bytes were seen to be those.
 */
export function identityKeyOf(claim: LayerClaim, identity: string, secret: Uint8Array): LayerKey {
  return keyOf(claim, createHash('sha256').update(secret).update(`identity ${identity}`).digest('hex'));
}

function keyOf(claim: LayerClaim, hex: string): LayerKey {
  return `${claim}-${hex.slice(0, 32)}` as LayerKey;
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
