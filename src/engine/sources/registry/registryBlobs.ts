import { readBlob } from '../../archive/readBlob.ts';
import type { BlobPlace } from '../../archive/remoteBlob.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, hasDigest } from '../../oci/digest.ts';
import { manifestLimit } from '../../oci/manifest.ts';
import { parseLayerType } from '../../oci/mediaType.ts';
import { documentReferences } from '../../store/documentReferences.ts';
import type { BlobKind, LayerBlob } from '../imageSource.ts';
import { compareDocument, type ContentBlobs, type DocumentBytes } from '../sourceBlobs.ts';
import type { BlobFetcher } from './blobFetcher.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { RegistryClient } from './registryClient.ts';
import { RemoteLayer } from './remoteLayer.ts';

/**
 * The blobs of one repository of a registry. Manifests and configs are fetched once and kept by digest; layers are only
 * named.
 */
export class RegistryBlobs implements ContentBlobs {
  readonly isRemote = true;
  readonly #client: RegistryClient;
  readonly #path: string;
  readonly #fetcher: BlobFetcher;
  /** What the manifests read so far say of blobs: a size, a type. */
  readonly #described = new Map<Digest, Descriptor>();

  constructor(client: RegistryClient, path: string, fetcher: BlobFetcher) {
    this.#client = client;
    this.#path = path;
    this.#fetcher = fetcher;
  }

  find(descriptor: Descriptor): Promise<Pick<LayerBlob, 'remote'> | undefined> {
    return Promise.resolve(isForeign(descriptor) ? undefined : { remote: this.#remote(descriptor) });
  }

  /** Where a blob is: here, or how it is brought. Whether the registry has it, is seen when it is asked for. */
  async locate(digest: Digest, kind: BlobKind = 'blob'): Promise<BlobPlace | undefined> {
    const document = await this.#fetcher.cache.locateDocument(digest);
    if (document !== undefined) return document;
    if (kind === 'manifest') return this.#remoteManifest(digest);
    const descriptor = this.#described.get(digest);
    return descriptor && isForeign(descriptor) ? undefined : this.#remote({ digest, size: descriptor?.size });
  }

  /** @throws EngineError as the client; what the registry lacks or has damaged is a problem of the answer. */
  async read(
    descriptor: Descriptor,
    role: 'manifest' | 'config',
    options: CallOptions = {},
  ): Promise<DocumentBytes> {
    const { digest: subject, data } = descriptor;
    try {
      const bytes = data ?? (await this.#document(subject, role, options));
      if (role === 'manifest') this.#describe(bytes, subject);
      return { bytes, problems: compareDocument(bytes, descriptor) };
    } catch (error) {
      if (isEngineError(error, 'not-found')) return { problems: [{ code: `${role}-missing`, subject }] };
      if (isEngineError(error, 'limit-exceeded'))
        return { problems: [{ code: 'limit-exceeded', subject, detail: error.detail }] };
      if (isEngineError(error, 'digest-mismatch'))
        return { problems: [{ code: 'digest-mismatch', subject, detail: error.detail }] };
      throw error;
    }
  }

  /** A manifest or config that is here: fetched before, or in the store. */
  async kept(digest: Digest): Promise<Uint8Array | undefined> {
    const known = await this.#fetcher.cache.document(digest);
    if (known !== undefined) return known;
    const here = await this.#fetcher.find(digest, undefined);
    if (here === undefined || here.size > manifestLimit) return undefined;
    const bytes = await readBlob(here, manifestLimit, digest);
    return hasDigest(bytes, digest) ? bytes : undefined;
  }

  /** Keeps a manifest that came by another way than {@link read}. */
  async keep(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#fetcher.cache.keepDocument(digest, bytes);
  }

  async #document(digest: Digest, role: 'manifest' | 'config', options: CallOptions): Promise<Uint8Array> {
    const known = await this.kept(digest);
    if (known !== undefined) return known;
    const bytes = await (role === 'manifest'
      ? this.#manifest(digest, options)
      : this.#config(digest, options));
    await this.keep(digest, bytes);
    return bytes;
  }

  async #manifest(digest: Digest, options: CallOptions): Promise<Uint8Array> {
    return (await this.#client.getManifest(this.#path, digest, callOf(options))).bytes;
  }

  async #config(digest: Digest, options: CallOptions): Promise<Uint8Array> {
    const { body } = await this.#client.getBlob(this.#path, digest, undefined, callOf(options));
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of body) {
      length += piece.length;
      // Leaving the loop ends the request.
      if (length > manifestLimit)
        throw new EngineError('limit-exceeded', digest, `a config of more than ${manifestLimit} bytes`);
      pieces.push(piece);
    }
    const bytes = Buffer.concat(pieces);
    if (hasDigest(bytes, digest)) return bytes;
    throw new EngineError('digest-mismatch', digest, 'the registry sent other bytes');
  }

  #describe(bytes: Uint8Array, subject: string): void {
    for (const reference of documentReferences(bytes, subject) ?? [])
      this.#described.set(reference.digest, reference);
  }

  #remote({ digest, size }: { readonly digest: Digest; readonly size?: number | undefined }): RemoteLayer {
    return new RemoteLayer({ client: this.#client, path: this.#path, digest, size }, this.#fetcher);
  }

  #remoteManifest(digest: Digest): BlobPlace {
    return {
      size: this.#described.get(digest)?.size,
      identity: `manifest ${digest}`,
      fetch: async (options = {}) => {
        const bytes = await this.#document(digest, 'manifest', options);
        this.#describe(bytes, digest);
        const location = await this.#fetcher.cache.locateDocument(digest);
        if (location !== undefined) return location;
        throw new EngineError('io', digest, 'what was fetched is no longer there');
      },
    };
  }
}

/**
 * Its bytes may not be passed on with the image; they are elsewhere, and fetching from there is a trap (formats.md §6).
 * Of any other layer `urls` only name more places, which are never asked: the registry has it.
 */
function isForeign({ mediaType }: Descriptor): boolean {
  return parseLayerType(mediaType)?.isForeign === true;
}

function callOf({ signal }: CallOptions): RegistryCall {
  return { ...(signal && { signal }) };
}
