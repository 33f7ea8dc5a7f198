import type { Checkpoint } from './checkpoint.ts';
import { createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib';
import { preface } from './checkpoint.ts';
import { StreamDecoder } from './streamDecoder.ts';

/** Reads up to `length` bytes of the blob from an offset; fewer only at its end. The bytes are the caller's. */
export type ReadRange = (offset: number, length: number) => Promise<Buffer>;

const inputSize = 64 * 1024;

/**
 * The unpacked stream of a gzip blob from a checkpoint on, to its end or until the caller stops. Documented zlib API
 * only, so that it may run in any process.
 *
 * @param chunkSize bytes unpacked at once; those of a chunk that fails are lost.
 * @throws zlib's errors, and those of `readRange`.
 */
export async function* resumeGzip(
  checkpoint: Checkpoint,
  readRange: ReadRange,
  chunkSize = 256 * 1024,
): AsyncGenerator<Buffer> {
  const memberStart = checkpoint.isMember
    ? checkpoint.input
    : yield* finishMember(checkpoint, readRange, chunkSize);
  yield* readMembers(memberStart, readRange, chunkSize);
}

/** Unpacks the rest of the member; returns where the next one begins. */
async function* finishMember(
  checkpoint: Checkpoint,
  readRange: ReadRange,
  chunkSize: number,
): AsyncGenerator<Buffer, number> {
  const lead = checkpoint.bits === 0 ? 0 : 1;
  const head = await readRange(checkpoint.input - lead, inputSize);
  const start = Buffer.concat([preface(checkpoint.bits, head[0] ?? 0), head.subarray(lead)]);
  const stream = createInflateRaw({ chunkSize, dictionary: inflateRawSync(checkpoint.window) });
  const decoder = new StreamDecoder(stream);
  try {
    yield* decoder.write(start);
    let at = checkpoint.input + head.length - lead;
    while (!decoder.hasEnded) {
      const bytes = await readRange(at, inputSize);
      if (bytes.length === 0) break;
      yield* decoder.write(bytes);
      at += bytes.length;
    }
    yield* decoder.end();
    const prefaceLength = start.length - (head.length - lead);
    return checkpoint.input + stream.bytesWritten - prefaceLength + trailerSize;
  } finally {
    decoder.close();
  }
}

const trailerSize = 8;

async function* readMembers(start: number, readRange: ReadRange, chunkSize: number): AsyncGenerator<Buffer> {
  let bytes = await readRange(start, inputSize);
  // Nothing, or zeros, may follow the last member.
  if (bytes.length === 0 || bytes[0] === 0) return;
  const decoder = new StreamDecoder(createGunzip({ chunkSize }));
  try {
    for (let at = start; bytes.length > 0 && !decoder.hasEnded; bytes = await readRange(at, inputSize)) {
      at += bytes.length;
      yield* decoder.write(bytes);
    }
    yield* decoder.end();
  } finally {
    decoder.close();
  }
}
