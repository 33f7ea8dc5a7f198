import type { ByteRange } from '../../base/byteRange.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryAccess, RegistryCall } from './registryAccess.ts';

/**
 * Speaks to one registry (distribution-spec; formats.md §4). Connects when first asked; signs in by itself with what
 * its credentials hold; waits and asks again where the registry says so. Every method may throw
 *
 * EngineError `unreachable` (nobody answers, or the connection broke), `unauthorized`, `rate-limited`, `refused` (the
 * registry's own code and words), `insecure` (one of our safety rules, formats.md §6), `unsupported` (this registry does
 * not offer it), `limit-exceeded` (an answer too large), `invalid-reference` (a name that may not become part of a URL),
 * `cancelled`, and where it says so `not-found` and `digest-mismatch`. The subject names the registry and what was asked.
 *
 * Made by `createRegistryClient(access, ports)` of `createRegistryClient.ts`, on the host's thread or in a worker.
 */
export interface RegistryClient {
  readonly domain: string;

  /** Whether the registry speaks this protocol and lets us in. */
  ping(call?: RegistryCall): Promise<void>;

  /** @param reference a tag or a digest. @throws EngineError `not-found`. */
  headManifest(path: string, reference: string, call?: RegistryCall): Promise<ManifestHead>;
  /**
   * The manifest's bytes, at most 4 MiB, checked against the digest that was asked for and the one the registry claims.
   *
   * @throws EngineError `not-found`, `digest-mismatch`.
   */
  getManifest(path: string, reference: string, call?: RegistryCall): Promise<RemoteManifest>;
  /** @throws EngineError `refused` with the registry's reason, such as a blob that it lacks. */
  putManifest(
    path: string,
    reference: string,
    manifest: NewManifest,
    call?: RegistryCall,
  ): Promise<PutManifest>;
  /** Deletes a manifest by its digest, and every tag of it. Absent is fine. */
  deleteManifest(path: string, digest: Digest, call?: RegistryCall): Promise<void>;
  /** Deletes one tag and leaves the manifest. Absent is fine. @throws EngineError `unsupported` by many registries. */
  deleteTag(path: string, tag: string, call?: RegistryCall): Promise<void>;

  /** Undefined when the repository lacks the blob. */
  headBlob(path: string, digest: Digest, call?: RegistryCall): Promise<BlobHead | undefined>;
  /**
   * The blob's bytes as they arrive, unchecked: whoever takes them compares the digest. The caller reads `body` to its
   * end or destroys it. A broken connection breaks the body with an EngineError; ask again with a range to go on.
   *
   * @throws EngineError `not-found`; `size-mismatch` when the range begins beyond the blob's end.
   */
  getBlob(path: string, digest: Digest, range?: ByteRange, call?: RegistryCall): Promise<BlobStream>;
  /** The same request as plain data, signed in for now, to be made elsewhere by {@link openDownload}. */
  prepareDownload(
    path: string,
    digest: Digest,
    range?: ByteRange,
    call?: RegistryCall,
  ): Promise<PreparedDownload>;
  /** Absent is fine. */
  deleteBlob(path: string, digest: Digest, call?: RegistryCall): Promise<void>;

  /** Asks the registry to take a blob from another of its repositories; where it does not, an upload has begun. */
  mountBlob(
    path: string,
    digest: Digest,
    from: string,
    call?: RegistryCall,
  ): Promise<MountedBlob | UploadSession>;
  startUpload(path: string, call?: RegistryCall): Promise<UploadSession>;
  /** One PUT with the whole blob. @throws EngineError `digest-mismatch` by the registry's word. */
  uploadMonolithic(session: UploadSession, blob: BlobContent, call?: RegistryCall): Promise<void>;
  /** One PATCH with all that is missing after `session.offset`, then PUT: as docker does. */
  uploadStreamed(session: UploadSession, blob: BlobContent, call?: RegistryCall): Promise<void>;
  /** Several PATCHes, each answered before the next, then PUT. @param chunkSize bytes; raised to the registry's least. */
  uploadChunked(
    session: UploadSession,
    blob: BlobContent,
    chunkSize: number,
    call?: RegistryCall,
  ): Promise<void>;
  /** How far an upload has come by the registry's word, to go on after a broken connection. @throws EngineError `not-found`. */
  uploadStatus(session: UploadSession, call?: RegistryCall): Promise<UploadSession>;
  /** Ends an upload without a blob. Absent is fine. */
  cancelUpload(session: UploadSession, call?: RegistryCall): Promise<void>;

  /** The repository's tags, a page at a time. @throws EngineError `not-found`. */
  tags(path: string, call?: RegistryCall): AsyncIterable<readonly string[]>;
  /** The registry's repositories, a page at a time. @throws EngineError `unsupported`, `unauthorized`: most are closed. */
  catalog(call?: RegistryCall): AsyncIterable<readonly string[]>;
  /** What refers to a manifest by its `subject`; by the fallback tag where the registry has no such list. */
  referrers(path: string, digest: Digest, artifactType?: string, call?: RegistryCall): Promise<Referrers>;

  /** Ends idle connections, and forgets what it signed in with. The client can be used again, and signs in anew. */
  close(): void;
}

export interface ManifestHead {
  readonly mediaType: string;
  /** As the registry claims, where it does. */
  readonly digest?: Digest;
  /** Bytes, as the registry claims. */
  readonly size?: number;
}

export interface RemoteManifest {
  readonly bytes: Uint8Array;
  /** As the registry names it. */
  readonly mediaType: string;
  /** Computed here; with the algorithm that was asked for. */
  readonly digest: Digest;
}

export interface NewManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface PutManifest {
  readonly digest: Digest;
  /** Who lists the manifest under its `subject`: the registry, or a fallback tag that we have written. Absent without subject. */
  readonly listedBy?: 'registry' | 'fallback-tag';
}

export interface BlobHead {
  /** Bytes, as the registry claims. */
  readonly size?: number;
  /** Whether it says that it gives ranges. */
  readonly hasRanges: boolean;
}

export interface BlobStream {
  readonly body: AsyncIterable<Buffer> & { destroy(): void };
  /** Where the body begins in the blob: 0 whenever the registry sent everything, whatever range was asked. */
  readonly start: number;
  /** Whether the range was honoured. False with a range asked means that the body is the whole blob. */
  readonly isPartial: boolean;
  /** Bytes of the whole blob, as the registry claims. */
  readonly totalSize?: number;
  /** Bytes of the body, as the registry claims. A body that ends sooner breaks with `unreachable`. */
  readonly length?: number;
}

/** Plain data. Holds an access token: stays inside this process. */
export interface PreparedDownload {
  readonly access: RegistryAccess;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly range?: ByteRange;
}

export interface MountedBlob {
  readonly kind: 'mounted';
}

/** An upload that has begun. Plain data; every step gives the next session, because the place may move. */
export interface UploadSession {
  readonly kind: 'upload';
  readonly path: string;
  /** Where it goes on, with the registry's own query. Checked to be the registry's. */
  readonly location: string;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** The least a chunk may have, except the last, where the registry says. */
  readonly minChunkSize?: number;
}

/** A blob to be sent, readable from any point, as often as it takes. */
export interface BlobContent {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  open(range: ByteRange): AsyncIterable<Uint8Array>;
}

export interface Referrers {
  readonly descriptors: readonly Descriptor[];
  /** Whether they come from the fallback tag. */
  readonly isFallback: boolean;
}
