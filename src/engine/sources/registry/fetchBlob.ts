import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError } from '../../base/errors.ts';
import type { JobContext } from '../../base/jobServer.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import type { BlobCache } from '../blobCache.ts';
import { fillBlob } from '../fillBlob.ts';
import { openDownload } from './openDownload.ts';
import type { RegistryCall, RegistryNotice } from './registryAccess.ts';
import type { BlobStream, PreparedDownload } from './registryClient.ts';

/**
 * A blob to be brought into the cache by a worker. Holds an access token that is good for minutes; the password only where
 * the registry takes nothing else.
 */
export interface FetchBlobRequest {
  readonly download: PreparedDownload;
  readonly digest: Digest;
  /** Bytes, as the manifest claims. */
  readonly size?: number | undefined;
}

/** A range of a blob to be brought into the cache. */
export interface FetchRangeRequest {
  readonly download: PreparedDownload;
  readonly digest: Digest;
  /** Bytes of the whole blob. */
  readonly size: number;
  readonly range: ByteRange;
}

/**
 * Downloads a blob, hashed as it flows, going on from what an earlier attempt left. It is visible only when it is whole
 * and right.
 *
 * @throws EngineError as `openDownload` and `fillBlob`; `size-mismatch` before anything is read when the registry has a
 * blob of another size.
 */
export async function fetchBlob(
  cache: BlobCache,
  { download, digest, size }: FetchBlobRequest,
  context: JobContext,
): Promise<BlobLocation> {
  const open = async (from: number): Promise<{ from: number; bytes: AsyncIterable<Uint8Array> }> => {
    const wanted = from === 0 ? download : { ...download, range: { start: from, end: size ?? Infinity } };
    const stream = await openDownload(wanted, callOf(download, context));
    requireSize(stream, digest, size);
    return { from: stream.start, bytes: readAhead(stream.body) };
  };
  const { signal } = context;
  const call = { signal, onProgress: nowAndThen(context.onProgress) };
  return (await fillBlob(cache, identityOf(digest), { digest, size }, open, call)).location;
}

/**
 * Downloads a range of a blob into the cache's file with holes.
 *
 * @throws EngineError `unsupported` when the registry sends everything instead: then nothing of it is read.
 */
export async function fetchRange(
  cache: BlobCache,
  { download, digest, size, range }: FetchRangeRequest,
  context: JobContext,
): Promise<BlobLocation> {
  const stream = await openDownload({ ...download, range }, callOf(download, context));
  if (!stream.isPartial || stream.start !== range.start) {
    stream.body.destroy();
    throw new EngineError('unsupported', download.subject, 'the registry does not give ranges of blobs');
  }
  requireSize(stream, digest, size);
  return cache.ranges(identityOf(digest), size).add(range, stream.body);
}

/** What a digest vouches for, by the name the cache knows. */
export function identityOf(digest: Digest): string {
  return `blob ${digest}`;
}

/** What a client tells while it waits, as progress: that crosses to the thread that asked. */
export function waitOf(notice: RegistryNotice, host: string) {
  if (notice.kind !== 'waiting') return undefined;
  const reason = notice.reason === 'rate-limited' ? 'rate-limited' : 'unavailable';
  return { reason, host, seconds: notice.seconds } as const;
}

function callOf({ access, subject }: PreparedDownload, { signal, onProgress }: JobContext): RegistryCall {
  return {
    signal,
    onNotice: (notice) => {
      const wait = waitOf(notice, access.domain);
      if (wait !== undefined) onProgress({ subject, done: 0, wait });
    },
  };
}

const gatheredBytes = 2 ** 20;
const gatheredMs = 100;

/** The next piece comes while one is hashed and written. */
async function* readAhead(body: BlobStream['body']): AsyncGenerator<Buffer> {
  const pieces = gathered(body);
  try {
    for (let coming = pieces.next(); ;) {
      const piece = await coming;
      if (piece.done === true) return;
      coming = pieces.next();
      // Whoever asks for it hears of its failure; whoever leaves need not.
      coming.catch(() => undefined);
      yield piece.value;
    }
  } finally {
    body.destroy();
  }
}

/**
 * The same bytes in larger pieces, because each costs a trip to the disk; on a slow line, what came in a while. What has
 * come when the body breaks is given before the failure.
 */
async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  // One is filled while the other is used.
  let [buffer, spare] = [Buffer.allocUnsafe(gatheredBytes), Buffer.allocUnsafe(gatheredBytes)];
  let held = 0;
  let due = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const piece of pieces)
      for (let taken = 0; taken < piece.length;) {
        const count = piece.copy(buffer, held, taken);
        taken += count;
        held += count;
        if (held < gatheredBytes && performance.now() < due) continue;
        yield buffer.subarray(0, held);
        [buffer, spare] = [spare, buffer];
        held = 0;
        due = performance.now() + gatheredMs;
      }
  } catch (error) {
    failure = { error };
  }
  if (held > 0) yield buffer.subarray(0, held);
  if (failure !== undefined) throw failure.error;
}

const reportEveryMs = 100;

/** The first report at once, others as often as a person may see a difference. */
function nowAndThen(onProgress: OnProgress): OnProgress {
  let due = 0;
  return (report) => {
    const now = performance.now();
    if (now < due) return;
    due = now + reportEveryMs;
    onProgress(report);
  };
}

function requireSize({ body, totalSize }: BlobStream, digest: Digest, size: number | undefined): void {
  if (size === undefined || totalSize === undefined || totalSize === size) return;
  body.destroy();
  throw new EngineError(
    'size-mismatch',
    digest,
    `the registry has ${totalSize} bytes, and ${size} are claimed`,
  );
}
