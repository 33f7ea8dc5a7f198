import { type FileHandle, open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import type { BlobLocation } from './blobLocation.ts';

/** A blob held open for reading at any place. */
export class BlobFile implements AsyncDisposable {
  readonly location: BlobLocation;
  /** Milliseconds since 1970, when the blob's file was last changed. */
  readonly changedMs: number;
  readonly #file: FileHandle;

  /** @throws EngineError `not-found` and other failures of the system. */
  static async open(location: BlobLocation): Promise<BlobFile> {
    try {
      const file = await open(location.file, 'r');
      return new BlobFile(location, file, (await file.stat()).mtimeMs);
    } catch (error) {
      throw toEngineError(error, location.file);
    }
  }

  private constructor(location: BlobLocation, file: FileHandle, changedMs: number) {
    this.location = location;
    this.#file = file;
    this.changedMs = changedMs;
  }

  /**
   * Up to `length` bytes from an offset of the blob, fewer only at the blob's end or at that of the part that is here.
   *
   * @throws EngineError `truncated`; `not-found` for bytes of the blob that are not here.
   */
  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.#endFrom(offset) - offset));
    const bytes = Buffer.allocUnsafe(wanted);
    let held = 0;
    while (held < wanted) {
      const at = this.location.offset + offset + held;
      const { bytesRead } = await this.#file.read(bytes, held, wanted - held, at);
      if (bytesRead === 0) throw new EngineError('truncated', this.location.file, 'the file ends early');
      held += bytesRead;
    }
    return bytes;
  }

  /** The blob from an offset on, in pieces. */
  async *pieces(from = 0, pieceSize = 256 * 1024): AsyncGenerator<Buffer> {
    for (let at = from; at < this.location.size;) {
      const bytes = await this.read(at, pieceSize);
      at += bytes.length;
      yield bytes;
    }
  }

  /** Where what can be read from `offset` on ends. What lies in a hole of the file would read as zeros. */
  #endFrom(offset: number): number {
    const { file, size, present } = this.location;
    if (present === undefined || offset >= size) return size;
    if (offset >= present.start && offset < present.end) return Math.min(size, present.end);
    throw new EngineError('not-found', file, `of the blob only ${present.start} to ${present.end} is here`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
