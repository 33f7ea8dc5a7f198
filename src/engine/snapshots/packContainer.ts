import { createHash } from 'node:crypto';
import { gzipBlocks, inBlocks } from '../archive/gzipBlocks.ts';
import { throwIfAborted } from '../base/abort.ts';
import { isEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { type DiffId, parseDiffId, parseDigest } from '../oci/digest.ts';
import type { CopiedBlob } from '../store/blobStore.ts';
import type { Disk } from '../store/disk.ts';
import { writeFully } from '../store/wholeFile.ts';
import type { Container } from './container.ts';
import { isEmptyChangeset } from './writeChangeset.ts';

/** A layer that was packed into a file. */
export interface PackedLayer extends CopiedBlob {
  readonly diffId: DiffId;
}

/**
 * Packs what is in a container's writable layer into a new file, as a layer is stored; wherever that is done. Undefined,
 * and no file, when there is nothing in it.
 */
export type PackContainer = (
  container: Container,
  destination: string,
  options?: CallOptions,
) => Promise<PackedLayer | undefined>;

/** Packs on the thread that calls. The same changes give the same bytes, as long as zlib does. */
export function packOn(disk: Disk): PackContainer {
  return async (container, destination, options = {}) => {
    for (let attempt = 1; ; attempt++)
      try {
        return await pack(disk, container, destination, options);
      } catch (error) {
        // Another process changed files and removed their old bytes meanwhile: what there is now is packed.
        if (attempt === 3 || !isEngineError(error, 'changed')) throw error;
        await disk.remove(destination);
        await container.refresh();
      }
  };
}

async function pack(
  disk: Disk,
  container: Container,
  destination: string,
  options: CallOptions,
): Promise<PackedLayer | undefined> {
  if (isEmptyChangeset(container.view.upper)) return undefined;
  throwIfAborted(options.signal, container.config.name);
  const file = await disk.open(destination, 'create');
  try {
    const plain = createHash('sha256');
    const packed = createHash('sha256');
    let size = 0;
    for await (const piece of gzipBlocks(hashedBlocks(container, plain, options))) {
      packed.update(piece);
      await writeFully(file, piece, size, destination);
      size += piece.length;
    }
    await file.sync();
    const [diffId, digest] = [plain, packed].map((hash) => `sha256:${hash.digest('hex')}`);
    return { diffId: parseDiffId(diffId ?? ''), digest: parseDigest(digest ?? ''), size };
  } finally {
    await file.close();
  }
}

async function* hashedBlocks(
  container: Container,
  hash: ReturnType<typeof createHash>,
  options: CallOptions,
): AsyncGenerator<Buffer> {
  const subject = container.config.name;
  const total = container.changesetLength();
  let done = 0;
  for await (const block of inBlocks(container.changeset(options))) {
    throwIfAborted(options.signal, subject);
    hash.update(block);
    yield block;
    done += block.length;
    options.onProgress?.({ subject, done, total });
  }
}
