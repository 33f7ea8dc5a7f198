import path from 'node:path';
import type { BlobLocation } from './archive/blobLocation.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from './oci/digest.ts';

/**
 * The digest that a file's place says its bytes have: the store and the cache of what was fetched take nothing in under
 * a digest without hashing it.
 */
export function vouchedDigestIn(blobs: string, fetched: string): (blob: BlobLocation) => Digest | undefined {
  return ({ file, offset, present }) => {
    if (offset !== 0 || present !== undefined) return undefined;
    const name = /([0-9a-f]{64,128})(?:\.blob)?$/.exec(file)?.[1] ?? '';
    const digest = `${name.length === 64 ? 'sha256' : 'sha512'}:${name}`;
    if (!isDigest(digest)) return undefined;
    const algorithm = algorithmOf(digest);
    const hex = hexOf(digest);
    const places = [path.join(blobs, algorithm, hex), path.join(fetched, `${algorithm}-${hex}.blob`)];
    return places.includes(file) ? digest : undefined;
  };
}
