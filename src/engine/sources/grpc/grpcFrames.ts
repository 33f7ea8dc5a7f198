import { EngineError } from '../../base/errors.ts';

/** gRPC's envelope: one byte that says whether the message is packed, its length, the message. */
const headerBytes = 5;

export function toFrame(message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/**
 * The messages of an answer's bytes, however these were cut.
 *
 * @param limit bytes that one message may have; nothing is kept of a longer one.
 * @throws EngineError `limit-exceeded`, `truncated` in the middle of a message, `unsupported` for a packed one, which
 * was not asked for; and what the bytes' own source throws.
 */
export async function* readFrames(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
  subject: string,
): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    length += chunk.length;
    // Pieces of a long message are joined once, when all are there.
    if (length < (frameSize(pieces[0], limit, subject) ?? headerBytes)) continue;
    let rest = Buffer.concat(pieces, length);
    for (;;) {
      const size = frameSize(rest, limit, subject);
      if (size === undefined || size > rest.length) break;
      yield rest.subarray(headerBytes, size);
      rest = rest.subarray(size);
    }
    pieces = rest.length === 0 ? [] : [rest];
    length = rest.length;
  }
  if (length > 0) throw new EngineError('truncated', subject, 'the answer ended within a message');
}

/** Of the whole frame; undefined while its header has not come. */
function frameSize(bytes: Uint8Array | undefined, limit: number, subject: string): number | undefined {
  if (bytes === undefined || bytes.length < headerBytes) return undefined;
  if (bytes[0] !== 0) throw new EngineError('unsupported', subject, 'it packs its answer, unasked');
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);
  if (size > limit)
    throw new EngineError('limit-exceeded', subject, `a message of ${size} bytes is longer than ${limit}`);
  return headerBytes + size;
}
