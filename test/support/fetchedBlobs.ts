import { setImmediate } from 'node:timers/promises';
import type { BlobCache } from '../../src/engine/sources/blobCache.ts';
import { fillBlob, type FilledBlob } from '../../src/engine/sources/fillBlob.ts';
import { digestOf } from '../../src/engine/oci/digest.ts';
import { Random } from './random.ts';

/** A blob as some place far away has it. */
export function farBlob(seed: number, size = 300_000): Buffer {
  const random = new Random(seed);
  return Buffer.from(Uint32Array.from({ length: size / 4 }, () => random.below(2 ** 32)).buffer);
}

/** Its bytes from an offset on, in pieces, as they come over a wire. */
export async function* arriving(
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  pieceSize = 64 * 1024,
): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += pieceSize) {
    await setImmediate();
    yield bytes.subarray(at, Math.min(at + pieceSize, to));
  }
}

/** Brings the blob into the cache from a place that can go on in the middle. */
export function bring(cache: BlobCache, blob: Buffer, signal?: AbortSignal): Promise<FilledBlob> {
  const digest = digestOf(blob);
  return fillBlob(
    cache,
    `blob ${digest}`,
    { digest, size: blob.length },
    (from) => Promise.resolve({ from, bytes: arriving(blob, from) }),
    signal && { signal },
  );
}
