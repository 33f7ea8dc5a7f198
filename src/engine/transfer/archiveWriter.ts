import { paddedLength, tarEnd } from '../archive/tarHeader.ts';
import { posix } from 'node:path';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { algorithmOf, hasDigest } from '../oci/digest.ts';
import type { CopyBlob } from '../store/blobStore.ts';
import type { Disk, DiskFile } from '../store/disk.ts';
import { writeFully } from '../store/wholeFile.ts';
import { directoryHeader, fileHeader } from './tarFrame.ts';

/**
 * Writes a tar of files and blobs. Sizes are known beforehand, so contents go straight to their places in the file, and
 * the copying can be done on another thread.
 */
export class ArchiveWriter {
  readonly #path: string;
  readonly #file: DiskFile;
  readonly #copyBlob: CopyBlob;
  readonly #directories = new Set<string>(['.']);
  #position = 0;

  private constructor(path: string, file: DiskFile, copyBlob: CopyBlob) {
    this.#path = path;
    this.#file = file;
    this.#copyBlob = copyBlob;
  }

  static async create(path: string, disk: Disk, copyBlob: CopyBlob): Promise<ArchiveWriter> {
    return new ArchiveWriter(path, await disk.open(path, 'create'), copyBlob);
  }

  /** A file in memory; its folders come before it. */
  async bytes(name: string, content: Uint8Array): Promise<void> {
    await this.#header(name, content.length);
    await this.#write(content);
    this.#position = paddedLength(this.#position);
  }

  /** @throws EngineError `digest-mismatch`, `size-mismatch`: what was written is no archive then. */
  async blob(
    name: string,
    descriptor: Descriptor,
    from: BlobLocation | Uint8Array,
    options: CallOptions,
  ): Promise<void> {
    const { digest, size } = descriptor;
    if (from instanceof Uint8Array) {
      if (!hasDigest(from, digest))
        throw new EngineError('digest-mismatch', digest, 'its bytes are other ones');
      return this.bytes(name, from);
    }
    if (from.size !== size)
      throw new EngineError('size-mismatch', digest, `it has ${from.size} bytes, and ${size} are claimed`);
    await this.#header(name, size);
    const to = { file: this.#path, offset: this.#position, purpose: 'update' } as const;
    const copied = await this.#copyBlob({ from, algorithm: algorithmOf(digest), to }, options);
    if (copied.digest !== digest)
      throw new EngineError('digest-mismatch', digest, `its bytes are ${copied.digest}`);
    this.#position = paddedLength(this.#position + size);
  }

  /** Writes the end, and everything to the disk. */
  async finish(): Promise<void> {
    await this.#write(tarEnd);
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #header(name: string, size: number): Promise<void> {
    await this.#folder(posix.dirname(name));
    await this.#write(fileHeader(name, size));
  }

  async #folder(name: string): Promise<void> {
    if (this.#directories.has(name)) return;
    await this.#folder(posix.dirname(name));
    this.#directories.add(name);
    await this.#write(directoryHeader(`${name}/`));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeFully(this.#file, bytes, this.#position, this.#path);
    this.#position += bytes.length;
  }
}
