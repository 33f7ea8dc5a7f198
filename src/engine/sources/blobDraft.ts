import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError, toEngineError } from '../base/errors.ts';
import { algorithmOf, type Digest, parseDigest } from '../oci/digest.ts';
import { type Disk, type DiskFile, unlessAbsent } from '../store/disk.ts';
import { inEngineTerms } from '../store/inEngineTerms.ts';
import { writeFully } from '../store/wholeFile.ts';
import { type CacheNames, digestNamed } from './cacheNames.ts';

export interface BlobClaim {
  /** What the bytes must hash to, where that is known. */
  readonly digest?: Digest | undefined;
  /** Bytes it must have, where that is known. */
  readonly size?: number | undefined;
}

export interface CommittedBlob {
  readonly location: BlobLocation;
  /** By the algorithm of the claim; `sha256` without one. */
  readonly digest: Digest;
}

/**
 * A blob on its way into the cache, hashed as it comes. Each writer has a file of its own, so that writers, of other
 * windows too, cannot disturb each other; a new one begins with what an earlier one left.
 *
 * Disposing of it keeps what there is for the next time.
 */
export class BlobDraft implements AsyncDisposable {
  readonly #disk: Disk;
  readonly #names: CacheNames;
  readonly #identity: string;
  readonly #claim: BlobClaim;
  readonly #path: string;
  /** Whose bytes this one began with; not to be trusted again when they turn out wrong. */
  #origin: string | undefined;
  #file: DiskFile;
  #hash: Hash;
  #length = 0;
  #isClosed = false;

  /** @throws EngineError failures of the disk. */
  static open(disk: Disk, names: CacheNames, identity: string, claim: BlobClaim): Promise<BlobDraft> {
    return inEngineTerms(names.directory, async () => {
      await disk.makeDirectory(names.directory);
      const own = names.own(identity, 'draft');
      const isResumed = await claimPart(disk, names.of(identity, 'part'), own);
      const file = await disk.open(own, isResumed ? 'update' : 'create');
      const draft = new BlobDraft(disk, names, identity, claim, own, file);
      try {
        if (isResumed) await draft.#takeIn(own);
        else await draft.#copyAbandoned();
        return draft;
      } catch (error) {
        await draft.discard();
        throw error;
      }
    });
  }

  private constructor(
    disk: Disk,
    names: CacheNames,
    identity: string,
    claim: BlobClaim,
    own: string,
    file: DiskFile,
  ) {
    this.#disk = disk;
    this.#names = names;
    this.#identity = identity;
    this.#claim = claim;
    this.#path = own;
    this.#file = file;
    this.#hash = this.#newHash();
  }

  /** Bytes that are there: where a source has to go on. */
  get length(): number {
    return this.#length;
  }

  /** Of what is there so far, by the algorithm of the claim. */
  get digest(): Digest {
    const wanted = this.#claim.digest;
    const algorithm = wanted === undefined ? 'sha256' : algorithmOf(wanted);
    return parseDigest(`${algorithm}:${this.#hash.copy().digest('hex')}`);
  }

  /** @throws EngineError `size-mismatch` beyond the claimed size; failures of the disk. */
  async write(bytes: Uint8Array): Promise<void> {
    const { size } = this.#claim;
    if (size !== undefined && this.#length + bytes.length > size)
      throw new EngineError('size-mismatch', this.#identity, `more than the ${size} bytes it should have`);
    await this.#inTerms(async () => {
      const writing = writeFully(this.#file, bytes, this.#length, this.#path);
      // While the disk takes them.
      this.#hash.update(bytes);
      await writing;
    });
    this.#length += bytes.length;
  }

  /**
   * Sees that the bytes are right and last, and gives them their name.
   *
   * @param identity another name than the one it was begun under; one that is a digest has to be that of the bytes.
   * @throws EngineError `digest-mismatch`; `truncated` and `size-mismatch`; failures of the disk. What proves wrong is
   * removed; a beginning is kept.
   */
  async commit(identity = this.#identity): Promise<CommittedBlob> {
    const { size } = this.#claim;
    if (size !== undefined && this.#length < size)
      throw new EngineError('truncated', this.#identity, `it ended after ${this.#length} of ${size} bytes`);
    const digest = await this.#checked(this.#claim.digest);
    await this.#checked(digestNamed(identity));
    const file = this.#names.of(identity, 'blob');
    await this.#inTerms(() => this.#publish(file));
    return { location: { file, offset: 0, size: this.#length }, digest };
  }

  /** Begins anew, where a source cannot go on in the middle. */
  async restart(): Promise<void> {
    await this.#inTerms(async () => {
      await this.#close();
      await this.#disk.remove(this.#path);
      this.#file = await this.#disk.open(this.#path, 'create');
      this.#isClosed = false;
    });
    this.#origin = undefined;
    this.#hash = this.#newHash();
    this.#length = 0;
  }

  /** Removes what there is. */
  async discard(): Promise<void> {
    await this.#close();
    await this.#disk.remove(this.#path).catch(() => undefined);
    if (this.#origin !== undefined) await this.#disk.remove(this.#origin).catch(() => undefined);
  }

  /** Keeps what there is for the next writer; a failure costs no more than that. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    await this.#close();
    const part = this.#names.of(this.#identity, 'part');
    if (this.#length === 0) await this.#disk.remove(this.#path).catch(() => undefined);
    else await this.#disk.rename(this.#path, part).catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close().catch(() => undefined);
  }

  #newHash(): Hash {
    return createHash(this.#claim.digest === undefined ? 'sha256' : algorithmOf(this.#claim.digest));
  }

  async #checked(wanted: Digest | undefined): Promise<Digest> {
    const { digest } = this;
    if (wanted === undefined || digest === wanted) return digest;
    await this.discard();
    throw new EngineError('digest-mismatch', wanted, `what arrived is ${digest}`);
  }

  async #publish(file: string): Promise<void> {
    await this.#file.sync();
    this.#isClosed = true;
    await this.#file.close();
    try {
      await this.#disk.setMode(this.#path, 0o444);
      await this.#disk.rename(this.#path, file);
    } catch (error) {
      // Another writer was first, and took this draft for one that was left; or Windows does not replace a file that is
      // being read. Either way the one that is there holds the same bytes.
      const there = await unlessAbsent(this.#disk.facts(file));
      await this.#disk.remove(this.#path).catch(() => undefined);
      if (there?.size !== this.#length) throw error;
    }
    await this.#disk.syncDirectory(this.#names.directory);
    if (this.#origin !== undefined) await this.#disk.remove(this.#origin).catch(() => undefined);
  }

  /** Begins with the longest draft that another writer left or is at; that one's file is not touched. */
  async #copyAbandoned(): Promise<void> {
    let longest: { readonly path: string; readonly size: number } | undefined;
    for (const name of await this.#disk.list(this.#names.directory)) {
      const other = path.join(this.#names.directory, name);
      if (!this.#names.isOf(name, this.#identity, 'draft') || other === this.#path) continue;
      const facts = await unlessAbsent(this.#disk.facts(other));
      if (facts !== undefined && facts.size > (longest?.size ?? 0))
        longest = { path: other, size: facts.size };
    }
    if (longest === undefined) return;
    this.#origin = longest.path;
    await this.#takeIn(longest.path);
  }

  /** Hashes what a file holds; copies it too where the file is not this draft's own. */
  async #takeIn(path: string): Promise<void> {
    const file = await unlessAbsent(this.#disk.open(path, 'read'));
    if (file === undefined) return;
    try {
      const buffer = new Uint8Array(1024 * 1024);
      for (;;) {
        const read = await file.read(buffer, this.#length);
        if (read === 0) return;
        const bytes = buffer.subarray(0, read);
        if (path !== this.#path) await writeFully(this.#file, bytes, this.#length, this.#path);
        this.#hash.update(bytes);
        this.#length += read;
      }
    } finally {
      await file.close();
    }
  }

  async #inTerms<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toEngineError(error, this.#path);
    }
  }
}

/** Takes over what an earlier writer gave up; only one of several gets it. */
async function claimPart(disk: Disk, part: string, own: string): Promise<boolean> {
  // Used just now, so that it is not taken for one that nobody wants.
  await disk.setTime(part, Date.now()).catch(() => undefined);
  return (await unlessAbsent(disk.rename(part, own).then(() => true))) ?? false;
}
