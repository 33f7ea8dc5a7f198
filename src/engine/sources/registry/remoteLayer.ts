import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { RemoteBlob } from '../../archive/remoteBlob.ts';
import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BlobFetcher, RepositoryBlob } from './blobFetcher.ts';
import { identityOf } from './fetchBlob.ts';

/** A blob of a registry: a layer, mostly. Its digest vouches for it, and it is checked when it arrives. */
export class RemoteLayer implements RemoteBlob {
  readonly identity: string;
  readonly blob: RepositoryBlob;
  readonly #fetcher: BlobFetcher;

  constructor(blob: RepositoryBlob, fetcher: BlobFetcher) {
    this.identity = identityOf(blob.digest);
    this.blob = blob;
    this.#fetcher = fetcher;
  }

  get size(): number | undefined {
    return this.blob.size;
  }

  fetch(options?: CallOptions): Promise<BlobLocation> {
    return this.#fetcher.fetch(this.blob, options);
  }

  fetchRange(range: ByteRange, options?: CallOptions): Promise<BlobLocation> {
    const { size, digest } = this.blob;
    if (size !== undefined) return this.#fetcher.fetchRange({ ...this.blob, size }, range, options);
    return Promise.reject(new EngineError('unsupported', digest, 'how long it is, is not known'));
  }

  forget(): Promise<void> {
    return this.#fetcher.cache.drop(this.identity);
  }
}
