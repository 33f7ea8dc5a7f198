import { isEngineError } from '../base/errors.ts';
import { throwIfAborted } from '../base/abort.ts';
import type { CallOptions } from '../base/progress.ts';
import type { BlobCache } from './blobCache.ts';
import type { BlobClaim, BlobDraft, CommittedBlob } from './blobDraft.ts';

export interface BlobStream {
  /** Where its first byte stands in the blob: what was asked for, or 0 where the place does not go on in the middle. */
  readonly from: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface FilledBlob {
  readonly location: CommittedBlob['location'];
  /** Bytes that came now; the rest was here. */
  readonly movedBytes: number;
  /** Bytes that an earlier attempt had brought. */
  readonly resumedAt: number;
}

/**
 * Brings a blob into the cache, going on from what was brought earlier. When that proves wrong it is brought once more
 * from its start.
 *
 * The first report of progress says how much was here.
 *
 * @param open begins the transfer at an offset.
 * @throws EngineError `digest-mismatch`, `size-mismatch`, `truncated`, `cancelled`, `no-space`; what `open` throws.
 */
export async function fillBlob(
  cache: BlobCache,
  identity: string,
  claim: BlobClaim,
  open: (from: number) => Promise<BlobStream>,
  options: CallOptions = {},
): Promise<FilledBlob> {
  const known = await cache.whole(identity, claim.size);
  if (known !== undefined) {
    options.onProgress?.({ subject: identity, done: known.size, total: known.size });
    return { location: known, movedBytes: 0, resumedAt: known.size };
  }
  await using draft = await cache.draft(identity, claim);
  if (draft.length > (claim.size ?? Infinity)) await draft.restart();
  const resumedAt = draft.length;
  try {
    return await fill(cache, draft, identity, claim, open, options);
  } catch (error) {
    if (resumedAt === 0 || !isEngineError(error, 'digest-mismatch')) throw error;
    await using anew = await cache.draft(identity, claim);
    await anew.restart();
    return await fill(cache, anew, identity, claim, open, options);
  }
}

async function fill(
  cache: BlobCache,
  draft: BlobDraft,
  identity: string,
  { size }: BlobClaim,
  open: (from: number) => Promise<BlobStream>,
  { signal, onProgress }: CallOptions,
): Promise<FilledBlob> {
  let resumedAt = draft.length;
  let movedBytes = 0;
  if (resumedAt !== size) {
    const { from, bytes } = await open(resumedAt);
    if (from !== resumedAt) await draft.restart();
    resumedAt = draft.length;
    const report = (): void =>
      onProgress?.({ subject: identity, done: draft.length, ...(size !== undefined && { total: size }) });
    report();
    for await (const piece of bytes) {
      throwIfAborted(signal, identity);
      await draft.write(piece);
      movedBytes += piece.length;
      report();
    }
  }
  const { location } = await draft.commit();
  await cache.evict();
  return { location, movedBytes, resumedAt };
}
