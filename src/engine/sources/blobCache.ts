import path from 'node:path';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { type Digest, hasDigest } from '../oci/digest.ts';
import { type Disk, type FileFacts, unlessAbsent } from '../store/disk.ts';
import { inEngineTerms } from '../store/inEngineTerms.ts';
import { nodeDisk } from '../store/nodeDisk.ts';
import { createFile, readWholeFile } from '../store/wholeFile.ts';
import { type BlobClaim, BlobDraft } from './blobDraft.ts';
import { type CacheFileKind, CacheNames, kindOf } from './cacheNames.ts';
import { CachedRanges, readRecord } from './cachedRanges.ts';

export interface BlobCacheOptions {
  /** Made when missing. Disposable as a whole. */
  readonly directory: string;
  readonly disk?: Disk;
  /** Bytes kept; the longest unused go first. */
  readonly maxBytes?: number;
  /** What was used within so long stays: somebody is about to open it. */
  readonly graceMs?: number;
}

/**
 * What was fetched from engines and registries, on disk: whole blobs that were checked, beginnings of blobs, ranges, and
 * small documents. Holds nothing open, so any number of them, in any thread or process, may stand for one directory.
 *
 * A blob appears under its name only when it is whole, checked, and on the disk. What is open stays readable when it is
 * removed; what was handed out of late is not removed, so that it can still be opened.
 */
export class BlobCache {
  readonly directory: string;
  readonly #disk: Disk;
  readonly #names: CacheNames;
  readonly #maxBytes: number;
  readonly #graceMs: number;

  constructor({ directory, disk = nodeDisk, maxBytes = 4 * 2 ** 30, graceMs = 600_000 }: BlobCacheOptions) {
    this.directory = directory;
    this.#disk = disk;
    this.#names = new CacheNames(directory);
    this.#maxBytes = maxBytes;
    this.#graceMs = graceMs;
  }

  /**
   * The whole blob, where it is here.
   *
   * @param identity as in `RemoteBlob`, or a digest: both name the same blob.
   * @param size bytes it must have, where that is known; one of another size is damaged, and removed.
   */
  whole(identity: string, size?: number): Promise<BlobLocation | undefined> {
    return inEngineTerms(this.directory, async () => {
      const file = this.#names.of(identity, 'blob');
      const facts = await unlessAbsent(this.#disk.facts(file));
      if (facts?.kind !== 'file') return undefined;
      if (size !== undefined && facts.size !== size) {
        await this.#remove(file);
        return undefined;
      }
      await this.#touch(file, facts);
      return { file, offset: 0, size: facts.size };
    });
  }

  /** A blob to be written; begins with what was brought earlier. @throws EngineError failures of the disk. */
  draft(identity: string, claim: BlobClaim = {}): Promise<BlobDraft> {
    return BlobDraft.open(this.#disk, this.#names, identity, claim);
  }

  /** The ranges of a blob. @param size bytes of the whole blob. */
  ranges(identity: string, size: number): CachedRanges {
    return new CachedRanges(this.#disk, this.#names, identity, size);
  }

  /** Forgets a blob and its ranges: some of its bytes proved damaged. */
  async drop(identity: string): Promise<void> {
    await this.#remove(this.#names.of(identity, 'blob'));
    await this.ranges(identity, Infinity).drop();
  }

  /** A manifest's or config's bytes, checked; undefined when they are not here, or no longer right. */
  document(digest: Digest): Promise<Uint8Array | undefined> {
    return inEngineTerms(this.directory, async () => {
      const file = this.#names.of(digest, 'document');
      const facts = await unlessAbsent(this.#disk.facts(file));
      if (facts === undefined || facts.size > documentLimit) return undefined;
      const bytes = await readWholeFile(this.#disk, file, documentLimit);
      if (!hasDigest(bytes, digest)) return undefined;
      await this.#touch(file, facts);
      return bytes;
    });
  }

  /** Where a document's bytes lie; undefined when they are not here, or no longer right. */
  async locateDocument(digest: Digest): Promise<BlobLocation | undefined> {
    const bytes = await this.document(digest);
    return bytes && { file: this.#names.of(digest, 'document'), offset: 0, size: bytes.length };
  }

  /** Keeps a manifest or config whose digest was checked. */
  keepDocument(digest: Digest, bytes: Uint8Array): Promise<void> {
    return inEngineTerms(this.directory, async () => {
      await this.#disk.makeDirectory(this.directory);
      const temporary = this.#names.own(digest, 'tmp');
      try {
        await createFile(this.#disk, temporary, bytes);
        await this.#disk.rename(temporary, this.#names.of(digest, 'document'));
      } catch (error) {
        await this.#disk.remove(temporary).catch(() => undefined);
        throw error;
      }
    });
  }

  /** Bytes on the disk; of files with holes only what is there. */
  async usage(): Promise<{ readonly files: number; readonly bytes: number }> {
    const files = await this.#files();
    return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Removes everything. What somebody reads or writes just now stays open there. */
  async clear(): Promise<void> {
    for (const { file } of await this.#files()) await this.#remove(file);
  }

  /** Removes the longest unused until the rest is within the limit. */
  async evict(): Promise<void> {
    const files = [...(await this.#files())].sort((a, b) => a.usedMs - b.usedMs);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const recent = Date.now() - this.#graceMs;
    for (const file of files) {
      if (bytes <= this.#maxBytes || file.usedMs > recent) return;
      await this.#remove(file.file);
      bytes -= file.bytes;
    }
  }

  async #remove(file: string): Promise<void> {
    // Windows keeps what somebody has open; it goes the next time.
    await this.#disk.remove(file).catch(() => undefined);
  }

  async #touch(file: string, { changedMs }: FileFacts): Promise<void> {
    const now = Date.now();
    if (Math.abs(now - changedMs) < touchEveryMs) return;
    await this.#disk.setTime(file, now).catch(() => undefined);
  }

  #files(): Promise<readonly CacheFile[]> {
    return inEngineTerms(this.directory, async () => {
      const files: CacheFile[] = [];
      for (const name of (await unlessAbsent(this.#disk.list(this.directory))) ?? []) {
        const kind = kindOf(name);
        const file = path.join(this.directory, name);
        const facts = kind && (await unlessAbsent(this.#disk.facts(file)));
        if (kind === undefined || facts === undefined) continue;
        files.push({ file, bytes: await this.#bytesOf(file, kind, facts), usedMs: facts.changedMs });
      }
      return files;
    });
  }

  /** A file of ranges is mostly holes, which its size counts and the disk does not. */
  async #bytesOf(file: string, kind: CacheFileKind, { size }: FileFacts): Promise<number> {
    if (kind !== 'ranges') return size;
    const [name = '', generation] = path.basename(file).split('.');
    const record = await readRecord(this.#disk, path.join(this.directory, `${name}.present`));
    if (record === undefined || record.generation !== generation) return 0;
    return record.present.reduce((sum, { start, end }) => sum + end - start, 0);
  }
}

interface CacheFile {
  readonly file: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** More often, noting a use would cost more than it tells. */
const touchEveryMs = 60_000;
/** As `oci/manifest`'s `manifestLimit`, with room. */
const documentLimit = 16 * 2 ** 20;
