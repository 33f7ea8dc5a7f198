import type { Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';

export const jsonLimit = 64 * 2 ** 20;
export const errorLimit = 2 ** 20;

/** Reads a body to its end. @throws EngineError `limit-exceeded` as soon as it is longer. */
export async function readBody(body: Readable, limit: number, endpoint: EngineEndpoint): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit)
      throw new EngineError(
        'limit-exceeded',
        formatEndpoint(endpoint),
        `the answer is longer than ${limit} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The beginning of a body, for a message; what comes after is not waited for. */
export async function readBeginning(body: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= limit) break;
    }
  } catch {
    // The status has said the main thing already.
  }
  return Buffer.concat(chunks).toString('utf8', 0, limit);
}
