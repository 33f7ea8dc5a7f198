import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';

/** Bytes of a block. Each is packed by itself, beginning with what the one before ended with, so that little is lost. */
export const gzipBlock = 256 * 1024;
/** What deflate can refer back to. */
const window = 32 * 1024;
/** Blocks that are packed at once, and so the memory this takes. */
const atOnce = 4;

/**
 * Packs bytes with gzip on several threads, block by block: one member, whose blocks end at byte boundaries, as pigz
 * writes it. The same bytes give the same member, however they come and however many threads there are.
 *
 * @param blocks all of {@link gzipBlock} bytes but the last, which may be shorter; not to be changed afterwards.
 */
export async function* gzipBlocks(blocks: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const packing: Promise<Buffer>[] = [];
  let before: Buffer | undefined;
  let [crc, length] = [0, 0];
  yield header;
  try {
    for await (const block of blocks) {
      if (block.length === 0) continue;
      packing.push(packBlock(block, before));
      [crc, length, before] = [crc32(block, crc), length + block.length, block];
      if (packing.length >= atOnce) yield await next(packing);
    }
    while (packing.length > 0) yield await next(packing);
    yield packedEnd;
    yield trailerOf(crc, length);
  } finally {
    // What is still under way has nobody to fail to.
    for (const rest of packing) rest.catch(() => undefined);
  }
}

async function next(packing: Promise<Buffer>[]): Promise<Buffer> {
  return (await packing.shift()) ?? Buffer.alloc(0);
}

const deflate = promisify<Buffer, object, Buffer>(deflateRaw);

function packBlock(block: Buffer, before: Buffer | undefined): Promise<Buffer> {
  const dictionary = before?.subarray(-window);
  const level = isPackedAlready(block) ? 0 : usualLevel;
  const finishFlush = constants.Z_SYNC_FLUSH;
  return deflate(block, { level, finishFlush, chunkSize: 64 * 1024, ...(dictionary && { dictionary }) });
}

/** Nearly twice as fast as zlib's usual 6, for 2 to 3 % more bytes. */
const usualLevel = 4;

/** Whether there is next to nothing to gain, as far as two samples tell: zlib would take as long to find that out. */
function isPackedAlready(block: Buffer): boolean {
  const places = [block.length >> 2, 3 * (block.length >> 2)];
  const sample = Buffer.concat(places.map((at) => block.subarray(at, at + sampleLength)));
  return deflateRawSync(sample, { level: 1 }).length > 0.98 * sample.length;
}

const sampleLength = 8 * 1024;

/** RFC 1952: no name, no time, system unknown. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** An empty last block with the fixed code (RFC 1951, 3.2.3 and 3.2.6). */
const packedEnd = Uint8Array.of(3, 0);

function trailerOf(crc: number, length: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(length % 2 ** 32, 4);
  return trailer;
}

/** The same bytes in blocks of {@link gzipBlock}, each in a buffer of its own. */
export async function* inBlocks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(gzipBlock);
  let filled = 0;
  for await (const piece of pieces)
    for (let at = 0; at < piece.length;) {
      const taken = piece.subarray(at, at + gzipBlock - filled);
      block.set(taken, filled);
      at += taken.length;
      filled += taken.length;
      if (filled < gzipBlock) continue;
      yield block;
      [block, filled] = [Buffer.allocUnsafeSlow(gzipBlock), 0];
    }
  if (filled > 0) yield block.subarray(0, filled);
}
