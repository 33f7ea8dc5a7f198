import path from 'node:path';
import type { BlobLocation } from './archive/blobLocation.ts';
import type { Logger } from './base/log.ts';
import type { CallOptions } from './base/progress.ts';
import type { Fetching } from './fetching.ts';
import type { Digest } from './oci/digest.ts';
import { parseReference } from './oci/reference.ts';
import type { EngineRegistryAuth } from './sources/dockerEngine/engineApi.ts';
import { toEngineAuth } from './toEngineAuth.ts';
import type { ImageEntry, ImageSource } from './sources/imageSource.ts';
import { BlobFetcher } from './sources/registry/blobFetcher.ts';
import { createCredentialStore } from './sources/registry/createCredentialStore.ts';
import { createRegistryClient } from './sources/registry/createRegistryClient.ts';
import type { CredentialStore, HostCredentials } from './sources/registry/credentials.ts';
import { PushMemory } from './sources/registry/pushMemory.ts';
import type { RegistryNotice, Timeouts } from './sources/registry/registryAccess.ts';
import type { RegistryClient } from './sources/registry/registryClient.ts';
import { RegistrySource } from './sources/registry/registrySource.ts';
import type { CopyBlob } from './store/blobStore.ts';
import { diskStoreAt } from './store/diskStore.ts';
import { destinationOf, pushImage } from './transfer/pushImage.ts';
import type { PushRequest, TransferOptions, TransferResult } from './transfer/transferReport.ts';

/** How a host has registries spoken to. */
export interface RegistryOptions {
  /** What people signed in with through the host; docker's and podman's own credentials are found without it. */
  readonly credentials?: HostCredentials;
  /** Registries that the user's setting names as spoken to without TLS; asked when a registry is first spoken to. */
  readonly plainHttp?: () => readonly string[];
  /** Whether credential helpers may be started, which files name; false where the workspace is not trusted. */
  readonly mayStartHelpers?: () => boolean;
  /** The process' own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Sent as `User-Agent`. */
  readonly userAgent?: string;
  readonly onNotice?: (domain: string, notice: RegistryNotice) => void;
  readonly timeouts?: Partial<Timeouts>;
}

interface RegistriesParts extends RegistryOptions {
  readonly log: Logger;
  readonly fetching: Fetching;
  readonly storeDirectory: string;
  readonly copyBlob: CopyBlob;
}

/** The registries that were spoken to, one client for each. */
export class Registries implements Disposable {
  readonly #parts: RegistriesParts;
  readonly #clients = new Map<string, { readonly client: RegistryClient; readonly isPlain: boolean }>();
  readonly #fetcher: BlobFetcher;

  constructor(parts: RegistriesParts) {
    this.#parts = parts;
    const { cache, work } = parts.fetching;
    this.#fetcher = new BlobFetcher({
      cache,
      work,
      findHere: (digest, size) => this.#findInStore(digest, size),
    });
  }

  /** @throws EngineError `invalid-reference` when the domain is no host. */
  client(domain: string): RegistryClient {
    const plainHttp = this.#parts.plainHttp?.() ?? [];
    const isPlain = plainHttp.includes(domain);
    const known = this.#clients.get(domain);
    if (known?.isPlain === isPlain) return known.client;
    // The setting has changed since.
    known?.client.close();
    const client = this.#newClient(domain, plainHttp);
    this.#clients.set(domain, { client, isPlain });
    return client;
  }

  async open(reference: string, options?: CallOptions): Promise<ImageSource> {
    const parsed = parseReference(reference.replace(/^docker:\/\//, ''));
    return RegistrySource.open(parsed, this.client(parsed.domain), this.#fetcher, options);
  }

  /** What an engine is given to be let in where an image is: what Lamina itself would use. */
  async authForEngine(reference: string, signal?: AbortSignal): Promise<EngineRegistryAuth | undefined> {
    const { domain, path } = parseReference(reference);
    const { credential } = await this.#credentials().find(domain, path, signal);
    return credential && toEngineAuth(domain, credential);
  }

  async push(
    source: ImageSource,
    entry: ImageEntry,
    request: PushRequest,
    options?: TransferOptions,
  ): Promise<TransferResult> {
    const client = this.client(destinationOf(request).domain);
    const { copyBlob, fetching } = this.#parts;
    return pushImage(
      {
        source,
        entry,
        request,
        client,
        hashBlob: copyBlob,
        memory: new PushMemory(path.join(this.#parts.storeDirectory, 'fetched', 'pushed.json')),
        packLayer: (layer, diffId, call) => fetching.work.run('packLayer', { layer, diffId }, call),
      },
      options,
    );
  }

  [Symbol.dispose](): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #newClient(domain: string, plainHttp: readonly string[]): RegistryClient {
    const { log, environment, onNotice, timeouts, userAgent = 'Lamina' } = this.#parts;
    return createRegistryClient(
      { domain, userAgent, plainHttp, ...(environment && { environment }), ...(timeouts && { timeouts }) },
      {
        credentials: this.#credentials(),
        log,
        onNotice: (notice) => onNotice?.(domain, notice),
      },
    );
  }

  /** Made anew for each question: trust may have been given or taken since. */
  #credentials(): CredentialStore {
    const { credentials: host, environment, mayStartHelpers } = this.#parts;
    const store = (): CredentialStore =>
      createCredentialStore({
        ...(host && { host }),
        ...(environment && { environment }),
        mayStartHelpers: mayStartHelpers?.() ?? true,
      });
    return {
      find: (domain, path, signal) => store().find(domain, path, signal),
      domains: () => store().domains(),
    };
  }

  /** A blob that the store has was checked when it was stored. */
  async #findInStore(digest: Digest, size: number | undefined): Promise<BlobLocation | undefined> {
    const { blobs } = diskStoreAt(this.#parts.storeDirectory);
    const stored = await blobs.find(digest).catch(() => undefined);
    if (stored === undefined || (size !== undefined && stored.size !== size)) return undefined;
    return { file: stored.file, offset: 0, size: stored.size };
  }
}
