import type { HttpResponse } from './httpMessage.ts';
import { EngineError } from '../../base/errors.ts';
import { toTransportError } from './transportErrors.ts';

/** The most that is read of an answer, in bytes. */
export const documentLimits = {
  /** Also of a page of tags or repositories. */
  manifest: 4 * 2 ** 20,
  token: 2 ** 20,
  error: 2 ** 20,
} as const;

/**
 * The whole body of an answer. Nothing is allocated by the length that it claims, and no more than the limit is taken.
 *
 * @throws EngineError `limit-exceeded`, `unreachable`, `cancelled`.
 */
export async function readDocument(
  response: HttpResponse,
  limit: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw tooLarge(response, limit);
      chunks.push(chunk);
    }
  } catch (error) {
    throw toTransportError(error, response.url, signal);
  } finally {
    response.body.destroy();
  }
  return Buffer.concat(chunks);
}

/**
 * Lets an answer go whose body does not matter. A short one is read to its end, so that the connection can be kept.
 */
export async function discard(response: HttpResponse): Promise<void> {
  await readDocument(response, documentLimits.error).catch(() => undefined);
}

function tooLarge(response: HttpResponse, limit: number): EngineError {
  return new EngineError('limit-exceeded', response.url, `its answer is longer than ${limit} bytes`);
}
