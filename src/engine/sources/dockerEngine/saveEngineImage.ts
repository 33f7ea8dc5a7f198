import type { JobContext } from '../../base/jobServer.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { ProgressReport } from '../../base/progress.ts';
import { toFailure } from '../../base/jobProtocol.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { BlobCache } from '../blobCache.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';
import { createEngineClient } from './createEngineClient.ts';
import { type LayerOutcome, SavedImage, type SavedImageWishes } from './savedImage.ts';
import { readTarStream } from './tarStream.ts';

export interface SaveEngineImageRequest extends SavedImageWishes {
  readonly endpoint: EngineEndpoint;
  /** Its ID there. */
  readonly name: string;
  /** One platform only; the engine's choice without it, or all that it has. */
  readonly platform?: Platform;
  /** Bytes that the stream may have, for progress. */
  readonly totalBytes?: number;
}

export interface SavedEngineImage {
  /** Whether the cache has the image's true config now, and its manifest where there is one. */
  readonly isLearned: boolean;
  /** Bytes that came. */
  readonly bytes: number;
}

/**
 * Reads an image's save stream once, and keeps what is wanted of it in the cache. Progress counts the bytes of the stream;
 * reports with a `part` tell that a layer, named by its diffID, is there, or why it is not. The stream is left as soon as
 * nothing more is wanted of it.
 *
 * @throws EngineError as `EngineClient`, `unreachable` when it breaks; `no-space`, `cancelled`: what was not whole is gone.
 */
export async function saveEngineImage(
  cache: BlobCache,
  request: SaveEngineImageRequest,
  { signal, onProgress }: JobContext,
): Promise<SavedEngineImage> {
  const { endpoint, name, platform, totalBytes } = request;
  using client = createEngineClient(endpoint);
  let bytes = 0;
  let reported = 0;
  const report = (part?: ProgressReport['part']): void => {
    reported = bytes;
    onProgress({
      subject: name,
      done: bytes,
      ...(totalBytes !== undefined && { total: Math.max(totalBytes, bytes) }),
      ...(part && { part }),
    });
  };
  const image = new SavedImage(cache, request, (diffId, outcome) => {
    report(partOf(diffId, outcome));
  });
  try {
    report();
    const stream = await client.saveImages([name], { signal, ...(platform && { platforms: [platform] }) });
    await readTarStream(stream, image, formatEndpoint(endpoint), (count) => {
      bytes += count;
      if (bytes - reported >= reportEvery) report();
    });
    await image.finish();
    await cache.evict();
    return { isLearned: image.isLearned, bytes };
  } catch (error) {
    await image.discard();
    throw inTransit(error, signal, endpoint);
  }
}

const reportEvery = 2 ** 20;

function partOf(name: DiffId, outcome: LayerOutcome): ProgressReport['part'] {
  if (outcome instanceof EngineError) return { name, failure: toFailure(outcome, name) };
  const { location, digest } = outcome;
  return { name, digest, ...(location && { file: location.file, size: location.size }) };
}

/** An answer that breaks off is no damage of the image: the engine has gone. */
function inTransit(error: unknown, signal: AbortSignal, endpoint: EngineEndpoint): unknown {
  if (signal.aborted)
    return new EngineError('cancelled', formatEndpoint(endpoint), 'cancelled', { cause: error });
  if (!isEngineError(error, 'truncated')) return error;
  return new EngineError('unreachable', error.subject, `the connection broke: ${error.detail}`, {
    cause: error,
  });
}
