import type { BlobLocation } from '../../archive/blobLocation.ts';
import type { RemoteBlob } from '../../archive/remoteBlob.ts';
import { InFlight } from '../../base/inFlight.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BlobCache } from '../blobCache.ts';
import { formatEndpoint } from '../dockerEngine/endpoint.ts';
import type { FetchWork } from '../fetchWork.ts';
import { identityOf } from '../registry/fetchBlob.ts';
import type { FetchContentRequest } from './fetchContent.ts';

/** Layers in the content stores of builders, as they are brought here: once for all who wait, by worker threads. */
export class ContentLayers {
  readonly #cache: BlobCache;
  readonly #work: FetchWork;
  readonly #inFlight = new InFlight<BlobLocation>();

  constructor({ cache, work }: { readonly cache: BlobCache; readonly work: FetchWork }) {
    this.#cache = cache;
    this.#work = work;
  }

  /** Nothing is asked before the first fetch. */
  layer(request: FetchContentRequest): RemoteBlob {
    const { digest, size } = request;
    const identity = identityOf(digest);
    return {
      ...{ identity, size },
      fetch: (options) => this.#fetch(request, identity, options),
      forget: () => this.#cache.drop(identity),
    };
  }

  async #fetch(request: FetchContentRequest, identity: string, options?: CallOptions): Promise<BlobLocation> {
    const { endpoint, digest, size } = request;
    const known = await this.#cache.whole(identity, size);
    if (known !== undefined) {
      options?.onProgress?.({ subject: digest, done: known.size, total: known.size });
      return known;
    }
    const bring = (shared: CallOptions): Promise<BlobLocation> =>
      this.#work.run('fetchContent', request, shared);
    return this.#inFlight.run(`${formatEndpoint(endpoint)} ${digest}`, bring, options);
  }
}
