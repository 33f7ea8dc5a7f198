import type { BlobLocation } from '../archive/blobLocation.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { Lease } from './leases.ts';

/**
 * Bytes named by their digest. A blob is there whole or not at all, never changes, and was checked when it was written.
 * Any number of processes may add the same blobs at once, without a lock.
 *
 * What is added stays at least as long as the lease lives; after that, only if `index.json` leads to it.
 */
export interface BlobStore {
  /** What is stored of a digest; undefined when nothing is. */
  find(digest: Digest): Promise<StoredBlob | undefined>;
  /** Every blob, in no order. Files in `blobs` that no digest names are passed over. */
  list(): Promise<readonly StoredBlob[]>;
  /**
   * A blob held in memory, checked against its digest.
   *
   * @throws EngineError `not-found`; `limit-exceeded` above `limit` bytes; `digest-mismatch` when it is damaged.
   */
  read(digest: Digest, limit: number): Promise<Uint8Array>;
  /**
   * Copies a blob into the store and gives its digest. Adding what is there succeeds, and makes it as new to the
   * garbage collector. With a wrong size, the stored one is put aside and replaced.
   *
   * @param expected what the bytes have to be; without it, they are what they are.
   * @throws EngineError `digest-mismatch`, `size-mismatch`, `truncated`, `no-space`, `cancelled`; nothing is stored then.
   */
  add(
    from: BlobLocation,
    expected: ExpectedBlob | undefined,
    lease: Lease,
    options?: CallOptions,
  ): Promise<CopiedBlob>;
  /**
   * The same for a file of its own whose bytes were checked against the digest when they were written, and that nobody
   * changes: it gets a second name instead of being copied and hashed again, where the file system can.
   */
  adopt(
    from: BlobLocation,
    expected: Required<ExpectedBlob>,
    lease: Lease,
    options?: CallOptions,
  ): Promise<CopiedBlob>;
  /** The same for bytes in memory. */
  addBytes(bytes: Uint8Array, lease: Lease, digest?: Digest): Promise<CopiedBlob>;
  /** Moves a damaged blob out of sight, where it can be looked at. Nothing happens when it is not there. */
  quarantine(digest: Digest): Promise<void>;
}

export interface StoredBlob extends BlobLocation {
  readonly digest: Digest;
  /** Milliseconds since 1970 by the file system's clock: written, or last added again. */
  readonly changedMs: number;
}

export interface ExpectedBlob {
  readonly digest: Digest;
  /** Bytes. Left out where nothing claims a size. */
  readonly size?: number;
}

export interface CopiedBlob {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Hashes a range of a file and, with a destination, copies it there. The heavy part of storing and saving: the
 * composition root hands in one that runs on a worker thread, the command line one that runs in place. Both the request
 * and the answer are plain values.
 *
 * @throws EngineError `truncated` when the file ends early, or the system's failure.
 */
export type CopyBlob = (request: CopyBlobRequest, options?: CallOptions) => Promise<CopiedBlob>;

export interface CopyBlobRequest {
  readonly from: BlobLocation;
  readonly algorithm: 'sha256' | 'sha512';
  /** Without one, the bytes are only hashed. What is written is on the disk (fsync) when the promise is fulfilled. */
  readonly to?: CopyDestination;
}

export interface CopyDestination {
  readonly file: string;
  /** Bytes from its start. */
  readonly offset: number;
  /** `create` fails when the file is there; `update` writes into an existing one. */
  readonly purpose: 'create' | 'update';
}
