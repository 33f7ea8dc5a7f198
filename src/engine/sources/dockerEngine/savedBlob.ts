import { randomUUID } from 'node:crypto';
import type { BlobLocation } from '../../archive/blobLocation.ts';
import { sniffCompression, sniffLength } from '../../archive/compression.ts';
import { algorithmOf, type Digest, type DiffId } from '../../oci/digest.ts';
import type { BlobCache } from '../blobCache.ts';
import type { BlobDraft } from '../blobDraft.ts';
import { UnpackedHash } from './unpackedHash.ts';

export interface SavedBlobClaim {
  /** By the blob's name in the archive, where that is one. */
  readonly digest: Digest | undefined;
  readonly size: number;
  /** Whether its diffID is to be found out too. */
  readonly isUnpacked: boolean;
}

export interface FinishedBlob {
  readonly digest: Digest;
  /** What its bytes unpack to; undefined when that was not asked for. */
  readonly diffId: DiffId | undefined;
  /** Undefined when it was not to be kept. */
  readonly location: BlobLocation | undefined;
}

/** A blob on its way from a save stream into the cache, hashed as it is stored and as it unpacks. */
export class SavedBlob {
  readonly #claim: SavedBlobClaim;
  readonly #draft: BlobDraft;
  readonly #subject: string;
  #unpacked: UnpackedHash | 'plain' | undefined;
  #head = Buffer.alloc(0);

  /** @throws EngineError failures of the disk. */
  static async begin(cache: BlobCache, claim: SavedBlobClaim): Promise<SavedBlob> {
    const { digest, size } = claim;
    const draft = await cache.draft(digest ?? `saved ${randomUUID()}`, { digest, size });
    // A stream has no middle to go on in.
    if (draft.length > 0) await draft.restart();
    return new SavedBlob(claim, draft);
  }

  private constructor(claim: SavedBlobClaim, draft: BlobDraft) {
    this.#claim = claim;
    this.#draft = draft;
    this.#subject = claim.digest ?? 'layer';
  }

  /** @throws EngineError failures of the disk. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#claim.isUnpacked) await this.#unpack(bytes);
    await this.#draft.write(bytes);
  }

  /**
   * @param isKept asked with the diffID once that is known, where it is to be found out.
   * @throws EngineError `digest-mismatch`; `damaged` and the like when it cannot be unpacked; failures of the disk. Nothing
   * is kept then.
   */
  async finish(isKept: (diffId: DiffId) => boolean): Promise<FinishedBlob> {
    try {
      const { digest } = this.#draft;
      const isTrue = this.#claim.digest === undefined || this.#claim.digest === digest;
      const diffId = this.#claim.isUnpacked && isTrue ? await this.#diffId(digest) : undefined;
      if (diffId === undefined || isKept(diffId)) return { diffId, ...(await this.#draft.commit(digest)) };
      await this.#draft.discard();
      return { digest, diffId, location: undefined };
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Nothing of it stays. */
  async discard(): Promise<void> {
    if (this.#unpacked instanceof UnpackedHash) this.#unpacked.end();
    await this.#draft.discard();
  }

  async #diffId(digest: Digest): Promise<DiffId> {
    if (this.#unpacked === undefined) await this.#sniff();
    if (!(this.#unpacked instanceof UnpackedHash)) return digest as string as DiffId;
    this.#unpacked.end();
    return this.#unpacked.result;
  }

  async #unpack(bytes: Buffer): Promise<void> {
    if (this.#unpacked === undefined) {
      this.#head = Buffer.concat([this.#head, bytes]);
      if (this.#head.length >= sniffLength) await this.#sniff();
    } else if (this.#unpacked !== 'plain') await this.#unpacked.write(bytes);
  }

  /** A plain blob's digest is its diffID: it is not hashed twice. */
  async #sniff(): Promise<void> {
    const compression = sniffCompression(this.#head);
    const isNamedSo = this.#claim.digest === undefined || algorithmOf(this.#claim.digest) === 'sha256';
    const isPlain = (compression === 'tar' || compression === 'empty') && isNamedSo;
    this.#unpacked = isPlain ? 'plain' : new UnpackedHash(compression, this.#subject);
    if (this.#unpacked !== 'plain') await this.#unpacked.write(this.#head);
    this.#head = Buffer.alloc(0);
  }
}
