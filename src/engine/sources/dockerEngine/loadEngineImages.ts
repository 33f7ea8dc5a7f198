import { createHash } from 'node:crypto';
import { BlobFile } from '../../archive/blobFile.ts';
import type { BlobLocation } from '../../archive/blobLocation.ts';
import { throwIfAborted } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import type { JobContext } from '../../base/jobServer.ts';
import { algorithmOf, type Digest } from '../../oci/digest.ts';
import { createEngineClient } from './createEngineClient.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';
import type { LoadResult } from './engineApi.ts';

/** A part of an archive: bytes as they are, or a blob that is checked on its way. */
export type ArchivePiece = Uint8Array | { readonly blob: BlobLocation; readonly digest: Digest };

export interface LoadEngineImagesRequest {
  readonly endpoint: EngineEndpoint;
  /** One after another they are the archive. */
  readonly pieces: readonly ArchivePiece[];
}

/**
 * Sends an archive of images into an engine, piece by piece.
 *
 * @throws EngineError as `EngineClient.loadImages`; `digest-mismatch` for a blob whose bytes are other ones, `truncated`
 * for a file that has become shorter: the engine is left in the middle and takes nothing then.
 */
export async function loadEngineImages(
  { endpoint, pieces }: LoadEngineImagesRequest,
  { signal, onProgress }: JobContext,
): Promise<LoadResult> {
  using client = createEngineClient(endpoint);
  const total = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  const sending = new Sending((done) => {
    onProgress({ subject: formatEndpoint(endpoint), done, total });
  }, signal);
  try {
    return await client.loadImages(sending.send(pieces), { signal });
  } catch (error) {
    // That we gave up is all that the connection can tell.
    throw sending.failure ?? error;
  }
}

function lengthOf(piece: ArchivePiece): number {
  return piece instanceof Uint8Array ? piece.length : piece.blob.size;
}

class Sending {
  /** Why the archive could not be sent whole. */
  failure: unknown;
  readonly #report: (done: number) => void;
  readonly #signal: AbortSignal;
  #done = 0;

  constructor(report: (done: number) => void, signal: AbortSignal) {
    this.#report = report;
    this.#signal = signal;
  }

  async *send(pieces: readonly ArchivePiece[]): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces)
        if (piece instanceof Uint8Array) yield this.#counted(piece);
        else yield* this.#blob(piece.blob, piece.digest);
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  async *#blob(location: BlobLocation, digest: Digest): AsyncGenerator<Uint8Array> {
    await using file = await BlobFile.open(location);
    const hash = createHash(algorithmOf(digest));
    for await (const bytes of file.pieces()) {
      throwIfAborted(this.#signal, digest);
      hash.update(bytes);
      yield this.#counted(bytes);
    }
    const actual = `${algorithmOf(digest)}:${hash.digest('hex')}`;
    if (actual !== digest) throw new EngineError('digest-mismatch', digest, `its bytes are ${actual}`);
  }

  #counted(bytes: Uint8Array): Uint8Array {
    if (bytes.length > 0) this.#report((this.#done += bytes.length));
    return bytes;
  }
}
