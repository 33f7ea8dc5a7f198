import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError } from '../../base/errors.ts';
import type { HttpResponse } from './httpMessage.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { BlobStream } from './registryClient.ts';
import { toTransportError } from './transportErrors.ts';

/** `Range` for bytes of a blob; an end that is not known is left open. */
export function rangeHeaders(range: ByteRange | undefined): Readonly<Record<string, string>> {
  if (range === undefined) return {};
  const last = Number.isFinite(range.end) ? String(range.end - 1) : '';
  return { Range: `bytes=${range.start}-${last}` };
}

/**
 * The body of an answer to a request for a blob, and what part of the blob it is. A server may ignore the range and send
 * everything (200); one that answers with another part than was asked is not believed.
 *
 * @param clean makes an error one about what was asked.
 * @throws EngineError `refused` when the answer is about another range.
 */
export function blobStreamOf(
  response: HttpResponse,
  range: ByteRange | undefined,
  call: RegistryCall,
  clean: (error: unknown) => EngineError,
): BlobStream {
  const length = lengthOf(response);
  const known = length === undefined ? {} : { length };
  const body = bodyOf(response, partLength(response, range), call, clean);
  if (response.status !== 206)
    return { body, start: 0, isPartial: false, ...known, ...(length !== undefined && { totalSize: length }) };
  const part = parseContentRange(response.headers['content-range']);
  if (range === undefined || part?.start !== range.start || part.end > range.end) {
    response.body.destroy();
    throw clean(new EngineError('refused', response.url, 'it answers with another range than was asked'));
  }
  return {
    body,
    start: part.start,
    isPartial: true,
    ...known,
    ...(part.size !== undefined && { totalSize: part.size }),
  };
}

/** How long the body must be: a connection that ends without `Content-Length` looks like the end. */
function partLength(response: HttpResponse, range: ByteRange | undefined): number | undefined {
  const part = response.status === 206 ? parseContentRange(response.headers['content-range']) : undefined;
  return part === undefined || range === undefined ? lengthOf(response) : part.end - part.start;
}

interface ContentRange extends ByteRange {
  readonly size?: number;
}

/** `bytes 0-99/200`, `bytes 0-99/*`. */
function parseContentRange(header: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, start, last, whole] = match;
  const size = whole === undefined ? undefined : Number(whole);
  const range = { start: Number(start), end: Number(last) + 1 };
  if (range.end <= range.start || (size !== undefined && range.end > size)) return undefined;
  return { ...range, ...(size !== undefined && { size }) };
}

function lengthOf({ headers }: HttpResponse): number | undefined {
  const length = Number(headers['content-length'] ?? 'none');
  return Number.isSafeInteger(length) ? length : undefined;
}

function bodyOf(
  response: HttpResponse,
  length: number | undefined,
  call: RegistryCall,
  clean: (error: unknown) => EngineError,
): BlobStream['body'] {
  return {
    destroy: () => {
      response.body.destroy();
    },
    [Symbol.asyncIterator]: () => counted(response, length, call, clean),
  };
}

async function* counted(
  response: HttpResponse,
  length: number | undefined,
  { signal, onBytes }: RegistryCall,
  clean: (error: unknown) => EngineError,
): AsyncGenerator<Buffer> {
  let count = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      count += chunk.length;
      onBytes?.(chunk.length);
      if (length !== undefined && count > length)
        throw wrongLength(response, `more than ${length} bytes came`);
      yield chunk;
    }
  } catch (error) {
    throw clean(toTransportError(error, response.url, signal));
  } finally {
    response.body.destroy();
  }
  if (length !== undefined && count < length)
    throw clean(wrongLength(response, `the connection ended after ${count} of ${length} bytes`));
}

function wrongLength({ url }: HttpResponse, why: string): EngineError {
  return new EngineError('unreachable', url, why);
}
