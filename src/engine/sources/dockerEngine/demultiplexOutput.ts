import { EngineError } from '../../base/errors.ts';
import type { OutputChunk } from './engineApi.ts';

/** Engines write frames of at most 16 KiB to some MiB; a length beyond is no frame's. */
const longestFrame = 2 ** 30;

/**
 * The output of a container without a TTY: frames of 8 bytes (stream, three zeros, length) and their payload. Pieces of
 * a frame are passed on as they come. A frame of stream 3 is the engine's own error.
 *
 * @throws EngineError `damaged` when these are no frames, `truncated` when the last one is cut, `refused` with the
 * engine's words.
 */
export async function* demultiplexOutput(
  chunks: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<OutputChunk> {
  let header = Buffer.alloc(0);
  let stream = 0;
  let left = 0;
  let failure = '';
  for await (const chunk of chunks) {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (bytes.length > 0) {
      if (left === 0) {
        const missing = 8 - header.length;
        header = Buffer.concat([header, bytes.subarray(0, missing)]);
        bytes = bytes.subarray(missing);
        if (header.length < 8) break;
        [stream, left] = parseHeader(header, subject);
        header = Buffer.alloc(0);
        continue;
      }
      const payload = bytes.subarray(0, left);
      bytes = bytes.subarray(payload.length);
      left -= payload.length;
      if (stream === 3) failure = (failure + payload.toString('utf8')).slice(0, 4000);
      else yield { stream: stream === 2 ? 'stderr' : 'stdout', bytes: payload };
    }
  }
  if (failure !== '') throw new EngineError('refused', subject, failure.trim());
  if (left > 0 || header.length > 0) throw new EngineError('truncated', subject, 'the output ended early');
}

function parseHeader(header: Buffer, subject: string): [stream: number, length: number] {
  const stream = header[0] ?? 0;
  const length = header.readUInt32BE(4);
  const isFrame = stream <= 3 && header.readUIntBE(1, 3) === 0 && length <= longestFrame;
  if (!isFrame) throw new EngineError('damaged', subject, 'the output does not come in frames');
  return [stream, length];
}
