/** A place in a gzip blob from which it can be unpacked without what comes before (the idea of zlib's `zran.c`). */
export interface Checkpoint {
  /** Offset in the blob of the first whole byte that belongs to what follows. */
  readonly input: number;
  /** How many of the highest bits of the byte before `input` belong to what follows, too. */
  readonly bits: number;
  /** Offset in the unpacked stream. */
  readonly output: number;
  /** Whether a gzip member begins here; then there are no bits and there is no window. */
  readonly isMember: boolean;
  /** The 32 KiB of output before, as raw DEFLATE. */
  readonly window: Uint8Array;
}

/** Where a gzip blob begins, which is a checkpoint that needs no search. */
export const firstCheckpoint: Checkpoint = {
  input: 0,
  bits: 0,
  output: 0,
  isMember: true,
  window: new Uint8Array(0),
};

/** How far DEFLATE looks back. */
export const windowSize = 32768;

/**
 * Empty DEFLATE blocks that end so that `bits` payload bits bring the stream to a byte boundary. A stream that begins
 * within a byte is thereby resumed without shifting it, and without `inflatePrime`, which Node does not expose.
 *
 * @param previousByte the byte whose highest `bits` bits belong to the stream.
 */
export function preface(bits: number, previousByte: number): Buffer {
  const bytes = Buffer.from((prefaces[bits] ??= makePreface(bits)));
  const last = bytes.length - 1;
  if (bits > 0) bytes[last] = (bytes[last] ?? 0) | (previousByte & (0xff << (8 - bits)) & 0xff);
  return bytes;
}

function makePreface(payloadBits: number): Uint8Array {
  const bits: number[] = [];
  if (payloadBits % 2 === 1) bits.push(...emptyDynamicBlock());
  if (payloadBits > 0)
    while ((bits.length + payloadBits) % 8 !== 0) bits.push(...lowBits(emptyFixedBlock, 10));
  const bytes = new Uint8Array(payloadBits === 0 ? 0 : (bits.length + payloadBits) / 8);
  for (const [at, bit] of bits.entries()) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (at & 7));
  return bytes;
}

/** Not the last block, fixed codes, end of block: ten bits, an even number (RFC 1951, 3.2.3 and 3.2.6). */
const emptyFixedBlock = 0b010;

/** The same with dynamic codes: 91 bits, an odd number (RFC 1951, 3.2.7). */
function emptyDynamicBlock(): number[] {
  const fields: readonly (readonly [value: number, width: number])[] = [
    [0, 1], // not the last block
    [2, 2], // dynamic codes
    [0, 5], // 257 literal and length codes
    [1, 5], // 2 distance codes
    [14, 4], // 18 code length codes follow:
    ...Array.from({ length: 18 }, (_, at): [number, number] => [at === 2 || at === 17 ? 1 : 0, 3]), // for 18 and 1
    [1, 1], // code 18, "repeat zero":
    [127, 7], // 138 times
    [1, 1],
    [107, 7], // 118 times: the 256 literals
    [0, 1], // length 1 for "end of block"
    [0, 1], // and for the distance codes
    [0, 1],
    [0, 1], // end of block
  ];
  return fields.flatMap(([value, width]) => lowBits(value, width));
}

function lowBits(value: number, width: number): number[] {
  return Array.from({ length: width }, (_, at) => (value >> at) & 1);
}

/** By the number of bits. */
const prefaces: Uint8Array[] = [];
