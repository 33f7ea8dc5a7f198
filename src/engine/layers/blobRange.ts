import type { ByteRange } from '../base/byteRange.ts';
import { Checkpoints } from './checkpoints.ts';
import { locateCheckpoints } from './layerIndexFile.ts';

/**
 * Which bytes of a layer's blob must be here to read a range of its tar; undefined when the whole blob is no worse.
 *
 * @param indexFile of that very blob.
 * @param size bytes of the blob.
 * @throws EngineError `not-found` and `damaged` of the index file.
 */
export async function blobRangeOf(
  indexFile: string,
  wanted: ByteRange,
  size: number,
): Promise<ByteRange | undefined> {
  const section = await locateCheckpoints(indexFile);
  if (section === undefined) return undefined;
  await using checkpoints = await Checkpoints.open(section);
  const range = checkpoints.blobRangeOf(wanted, size);
  return range !== undefined && range.end - range.start <= size * worthwhile ? range : undefined;
}

/** A larger part of a blob is not worth being kept apart from it. */
const worthwhile = 0.6;
