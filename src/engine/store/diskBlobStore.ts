import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { algorithmOf, type Digest, digestOf, hasDigest } from '../oci/digest.ts';
import type { BlobStore, CopiedBlob, CopyBlob, ExpectedBlob, StoredBlob } from './blobStore.ts';
import { type Disk, systemCodeOf, unlessAbsent } from './disk.ts';
import { fileClockNow } from './fileClock.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import type { Lease } from './leases.ts';
import { blobAlgorithms, digestOfName, randomName, type StorePlaces } from './storePlaces.ts';
import { createFile, readWholeFile } from './wholeFile.ts';

/** {@link BlobStore} in the folder `blobs` of an image layout: one file per blob, put there by a rename. */
export class DiskBlobStore implements BlobStore {
  readonly #disk: Disk;
  readonly #places: StorePlaces;
  readonly #copyBlob: CopyBlob;

  constructor(disk: Disk, places: StorePlaces, copyBlob: CopyBlob) {
    this.#disk = disk;
    this.#places = places;
    this.#copyBlob = copyBlob;
  }

  find(digest: Digest): Promise<StoredBlob | undefined> {
    return inEngineTerms(digest, async () => {
      const file = this.#places.blob(digest);
      const facts = await unlessAbsent(this.#disk.facts(file));
      if (facts?.kind !== 'file') return undefined;
      return { digest, file, offset: 0, size: facts.size, changedMs: facts.changedMs };
    });
  }

  async list(): Promise<readonly StoredBlob[]> {
    const found: StoredBlob[] = [];
    for (const digest of await inEngineTerms(this.#places.blobs, () => this.#digests())) {
      const blob = await this.find(digest);
      if (blob !== undefined) found.push(blob);
    }
    return found;
  }

  async read(digest: Digest, limit: number): Promise<Uint8Array> {
    const bytes = await inEngineTerms(digest, () =>
      unlessAbsent(readWholeFile(this.#disk, this.#places.blob(digest), limit)),
    );
    if (bytes === undefined) throw new EngineError('not-found', digest, 'the store has no such blob');
    if (!hasDigest(bytes, digest))
      throw new EngineError('digest-mismatch', digest, 'the stored bytes are damaged');
    return bytes;
  }

  async add(
    from: BlobLocation,
    expected: ExpectedBlob | undefined,
    lease: Lease,
    options?: CallOptions,
  ): Promise<CopiedBlob> {
    const known = expected && (await this.#keep(expected, lease));
    if (known !== undefined) return known;
    const algorithm = expected === undefined ? 'sha256' : algorithmOf(expected.digest);
    return this.#write(expected, lease, (file) =>
      this.#copyBlob({ from, algorithm, to: { file, offset: 0, purpose: 'create' } }, options),
    );
  }

  async adopt(
    from: BlobLocation,
    expected: Required<ExpectedBlob>,
    lease: Lease,
    options?: CallOptions,
  ): Promise<CopiedBlob> {
    const known = await this.#keep(expected, lease);
    if (known !== undefined) return known;
    const temporary = this.#places.newTemporary(lease.id);
    try {
      await this.#disk.link(from.file, temporary);
    } catch {
      // Another file system, or one without second names.
      return this.add(from, expected, lease, options);
    }
    const adopted = await this.#finish(temporary, expected, async () => {
      const { kind, size } = await this.#disk.facts(temporary);
      if (kind !== 'file' || size !== from.size)
        throw new EngineError('changed', expected.digest, 'what was fetched is no longer there');
      return { digest: expected.digest, size };
    });
    // A rename between two names of one file does nothing: another process may have been first with the same file.
    await this.#disk.remove(temporary).catch(() => undefined);
    return adopted;
  }

  async addBytes(bytes: Uint8Array, lease: Lease, digest = digestOf(bytes)): Promise<CopiedBlob> {
    const expected = { digest, size: bytes.length };
    return (
      (await this.#keep(expected, lease)) ??
      (await this.#write(expected, lease, async (file) => {
        await createFile(this.#disk, file, bytes);
        const hex = createHash(algorithmOf(digest)).update(bytes).digest('hex');
        return { digest: `${algorithmOf(digest)}:${hex}` as Digest, size: bytes.length };
      }))
    );
  }

  quarantine(digest: Digest): Promise<void> {
    return inEngineTerms(digest, async () => {
      const aside = `${this.#places.aside('corrupt', digest)}-${randomName()}`;
      await this.#disk.makeDirectory(this.#places.corrupt);
      await unlessAbsent(this.#disk.rename(this.#places.blob(digest), aside));
    });
  }

  async #digests(): Promise<readonly Digest[]> {
    const digests: Digest[] = [];
    for (const algorithm of blobAlgorithms) {
      const names = (await unlessAbsent(this.#disk.list(join(this.#places.blobs, algorithm)))) ?? [];
      digests.push(...names.flatMap((name) => digestOfName(name, algorithm) ?? []));
    }
    return digests;
  }

  /** The stored blob, held and freshened; undefined when it is not there or cannot be the one that is expected. */
  async #keep(expected: ExpectedBlob, lease: Lease): Promise<CopiedBlob | undefined> {
    // Held first: from here on the garbage collector passes it by, so what is found now stays.
    await lease.hold([expected.digest]);
    const stored = await this.find(expected.digest);
    if (stored === undefined) return undefined;
    if (expected.size !== undefined && stored.size !== expected.size) {
      await this.quarantine(expected.digest);
      return undefined;
    }
    await this.#freshen(stored.file);
    return { digest: stored.digest, size: stored.size };
  }

  /** Only a second guard beside the lease, so a blob that another user owns is kept without it. */
  async #freshen(file: string): Promise<void> {
    try {
      await this.#disk.setTime(file, await fileClockNow(this.#disk, this.#places));
    } catch {
      // Nothing depends on it.
    }
  }

  async #write(
    expected: ExpectedBlob | undefined,
    lease: Lease,
    fill: (file: string) => Promise<CopiedBlob>,
  ): Promise<CopiedBlob> {
    const temporary = this.#places.newTemporary(lease.id);
    return this.#finish(temporary, expected, async () => {
      const copied = await fill(temporary);
      if (expected === undefined) await lease.hold([copied.digest]);
      return copied;
    });
  }

  /** Gives a file being written its name, when it is what is expected; removes it else. */
  async #finish(
    temporary: string,
    expected: ExpectedBlob | undefined,
    fill: () => Promise<CopiedBlob>,
  ): Promise<CopiedBlob> {
    try {
      const copied = await fill();
      requireExpected(copied, expected);
      await this.#disk.setMode(temporary, 0o444);
      await this.#moveIn(temporary, copied);
      return copied;
    } catch (error) {
      await this.#disk.remove(temporary).catch(() => undefined);
      throw toEngineError(error, expected?.digest ?? this.#places.directory);
    }
  }

  async #moveIn(temporary: string, blob: CopiedBlob): Promise<void> {
    const file = this.#places.blob(blob.digest);
    await this.#disk.makeDirectory(dirname(file));
    try {
      await this.#disk.rename(temporary, file);
    } catch (error) {
      // Windows refuses to replace a file that someone reads: then the same blob is there already.
      if (systemCodeOf(error) !== 'EPERM' || (await this.find(blob.digest))?.size !== blob.size) throw error;
      await this.#disk.remove(temporary);
    }
    await this.#disk.syncDirectory(dirname(file));
  }
}

function requireExpected(copied: CopiedBlob, expected: ExpectedBlob | undefined): void {
  if (expected === undefined) return;
  const { digest, size } = expected;
  if (size !== undefined && copied.size !== size)
    throw new EngineError('size-mismatch', digest, `it has ${copied.size} bytes, and ${size} are claimed`);
  if (copied.digest !== digest)
    throw new EngineError('digest-mismatch', digest, `its bytes are ${copied.digest}`);
}
