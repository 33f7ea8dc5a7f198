import { constants, inflateRawSync } from 'node:zlib';
import { preface } from './checkpoint.ts';

/** Input needed to try an offset: the header of a block with dynamic codes, and some data. */
export const trialInputSize = 2048;
/** True output to compare with. */
export const trialOutputSize = 4096;

export interface Boundary {
  /** The byte before the first whole one that follows the boundary. */
  readonly previousByte: number;
  /** Input from the first whole byte on, {@link trialInputSize} bytes or up to the input's end. */
  readonly next: Buffer;
  /** Up to 32 KiB of output before the boundary. */
  readonly window: Buffer;
  /** True output after the boundary. */
  readonly truth: Buffer;
}

/**
 * How many bits of the previous byte lie behind a DEFLATE block boundary. zlib knows, but Node does not tell; so the
 * eight answers are tried, with the documented API, until one gives the true output.
 *
 * @returns undefined when none does, as at the end of a member.
 */
export function findBitOffset(boundary: Boundary): number | undefined {
  if (boundary.next.length < 8) return undefined;
  for (let bits = 0; bits < 8; bits++)
    if (isPlausible(bits, boundary.previousByte, boundary.next) && givesTruth(bits, boundary)) return bits;
  return undefined;
}

function givesTruth(bits: number, { previousByte, next, window, truth }: Boundary): boolean {
  try {
    const input = bits === 0 ? next : Buffer.concat([preface(bits, previousByte), next]);
    const output = inflateRawSync(input, {
      ...(window.length > 0 && { dictionary: window }),
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: 8192,
    });
    const length = Math.min(output.length, truth.length);
    return (
      length >= Math.min(truth.length, 64) && output.subarray(0, length).equals(truth.subarray(0, length))
    );
  } catch {
    // A wrong offset is most often no DEFLATE at all.
    return false;
  }
}

/** Whether a block header can begin here (RFC 1951, 3.2.3): rules out most wrong offsets without inflating. */
function isPlausible(bits: number, previousByte: number, next: Buffer): boolean {
  const header = (previousByte >> (8 - bits)) | (next.readUIntLE(0, 3) << bits);
  switch ((header >> 1) & 3) {
    case 0:
      return isStoredBlock(next, bits >= 3 ? 0 : 1);
    case 1:
      return true;
    case 2:
      return ((header >> 3) & 31) <= 29 && ((header >> 8) & 31) <= 29;
    default:
      return false;
  }
}

/** A stored block has its length twice, the second time inverted. */
function isStoredBlock(bytes: Buffer, at: number): boolean {
  return (bytes.readUInt16LE(at) ^ bytes.readUInt16LE(at + 2)) === 0xffff;
}
