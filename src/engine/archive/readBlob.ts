import type { BlobLocation } from './blobLocation.ts';
import { open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';

/**
 * The bytes of a small blob, whole.
 *
 * @param subject what an error is about.
 * @throws EngineError `too-large` beyond `limit` bytes, `truncated` when the file has become shorter.
 */
export async function readBlob(blob: BlobLocation, limit: number, subject: string): Promise<Buffer> {
  if (blob.size > limit)
    throw new EngineError('too-large', subject, `${blob.size} bytes are more than the ${limit} read here`);
  try {
    await using file = await open(blob.file, 'r');
    const buffer = Buffer.alloc(blob.size);
    let held = 0;
    while (held < blob.size) {
      const { bytesRead } = await file.read(buffer, held, blob.size - held, blob.offset + held);
      if (bytesRead === 0) throw new EngineError('truncated', subject, 'the file ends early');
      held += bytesRead;
    }
    return buffer;
  } catch (error) {
    throw toEngineError(error, subject);
  }
}
