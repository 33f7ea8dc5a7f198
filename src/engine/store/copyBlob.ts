import { createHash, type Hash } from 'node:crypto';
import { EngineError, toEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { parseDigest } from '../oci/digest.ts';
import type { CopiedBlob, CopyBlob, CopyBlobRequest, CopyDestination } from './blobStore.ts';
import type { Disk, DiskFile } from './disk.ts';
import { writeFully } from './wholeFile.ts';

/** Copies and hashes in place, on the thread that calls: see {@link CopyBlob}. */
export function copyBlobOn(disk: Disk): CopyBlob {
  return async (request, options = {}) => {
    try {
      return await copy(disk, request, options);
    } catch (error) {
      throw toEngineError(error, request.to?.file ?? request.from.file);
    }
  };
}

async function copy(disk: Disk, request: CopyBlobRequest, options: CallOptions): Promise<CopiedBlob> {
  const source = await disk.open(request.from.file, 'read');
  try {
    const hash = createHash(request.algorithm);
    if (request.to === undefined) await pump(source, request, hash, options);
    else await pumpInto(disk, request.to, source, request, hash, options);
    return { digest: parseDigest(`${request.algorithm}:${hash.digest('hex')}`), size: request.from.size };
  } finally {
    await source.close();
  }
}

async function pumpInto(
  disk: Disk,
  to: CopyDestination,
  source: DiskFile,
  request: CopyBlobRequest,
  hash: Hash,
  options: CallOptions,
): Promise<void> {
  const target = await disk.open(to.file, to.purpose);
  try {
    await pump(source, request, hash, options, (bytes, done) =>
      writeFully(target, bytes, to.offset + done, to.file),
    );
    await target.sync();
  } finally {
    await target.close();
  }
}

/** The next piece is read while one is hashed and written. */
async function pump(
  source: DiskFile,
  { from }: CopyBlobRequest,
  hash: Hash,
  { signal, onProgress }: CallOptions,
  write?: (bytes: Uint8Array, done: number) => Promise<void>,
): Promise<void> {
  let [current, spare] = [new Uint8Array(pieceLength), new Uint8Array(pieceLength)];
  let filled = await readPiece(source, from, current, 0);
  for (let done = 0; done < from.size;) {
    if (signal?.aborted === true) throw new EngineError('cancelled', from.file, 'cancelled');
    if (filled === 0) throw endedEarly(from.file, done, from.size);
    const piece = current.subarray(0, filled);
    const ahead = readPiece(source, from, spare, done + filled);
    // Handled below; but when writing fails first, a failed read must not count as unhandled.
    ahead.catch(() => undefined);
    hash.update(piece);
    await write?.(piece, done);
    done += filled;
    onProgress?.({ subject: from.file, done, total: from.size });
    filled = await ahead;
    [current, spare] = [spare, current];
  }
}

const pieceLength = 1024 * 1024;

async function readPiece(
  source: DiskFile,
  from: CopyBlobRequest['from'],
  into: Uint8Array,
  done: number,
): Promise<number> {
  const length = Math.min(into.length, from.size - done);
  return length === 0 ? 0 : source.read(into.subarray(0, length), from.offset + done);
}

function endedEarly(file: string, done: number, size: number): EngineError {
  return new EngineError('truncated', file, `it ended after ${done} of ${size} bytes`);
}
