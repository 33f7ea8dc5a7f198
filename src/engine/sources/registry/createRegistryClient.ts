import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import { SharedWork } from '../../base/inFlight.ts';
import type { Digest } from '../../oci/digest.ts';
import { isDomain } from '../../oci/reference.ts';
import { deleteBlob, getBlob, headBlob, prepareDownload } from './blobs.ts';
import { listCatalog, listReferrers, listTags } from './lists.ts';
import { deleteManifest, deleteTag, getManifest, headManifest } from './manifests.ts';
import { type Network, systemNetwork } from './network.ts';
import { originsOf } from './plainHttp.ts';
import { discard } from './readDocument.ts';
import { putManifest } from './referrersTag.ts';
import type { RegistryAccess, RegistryCall, RegistryPorts } from './registryAccess.ts';
import type { BlobContent, NewManifest, RegistryClient, UploadSession } from './registryClient.ts';
import { RegistrySession } from './registrySession.ts';
import { isPlainAnswer } from './transportErrors.ts';
import { cancelUpload, mountBlob, startUpload, uploadStatus } from './uploadSteps.ts';
import { uploadMonolithic, uploadPieces } from './uploads.ts';

/**
 * A client of one registry. Nothing is asked before the first call.
 *
 * @param network tests put their own in its place.
 * @throws EngineError `invalid-reference` when the domain is no host.
 */
export function createRegistryClient(
  access: RegistryAccess,
  ports: RegistryPorts,
  network: Network = systemNetwork,
): RegistryClient {
  if (!isDomain(access.domain))
    throw new EngineError('invalid-reference', access.domain.slice(0, 300), 'the registry is no host name');
  return new HttpRegistryClient(access, (origin) => new RegistrySession(access, ports, origin, network));
}

/** Hands every call on to the session at the origin where the registry answers. */
class HttpRegistryClient implements RegistryClient {
  readonly domain: string;
  readonly #access: RegistryAccess;
  readonly #sessionAt: (origin: string) => RegistrySession;
  #session: RegistrySession | undefined;
  #choosing: SharedWork<RegistrySession> | undefined;

  constructor(access: RegistryAccess, sessionAt: (origin: string) => RegistrySession) {
    this.domain = access.domain;
    this.#access = access;
    this.#sessionAt = sessionAt;
  }

  async ping(call: RegistryCall = {}): Promise<void> {
    await pingAt(await this.#at(call), call);
  }

  async headManifest(path: string, reference: string, call: RegistryCall = {}) {
    return headManifest(await this.#at(call), path, reference, call);
  }

  async getManifest(path: string, reference: string, call: RegistryCall = {}) {
    return getManifest(await this.#at(call), path, reference, call);
  }

  async putManifest(path: string, reference: string, manifest: NewManifest, call: RegistryCall = {}) {
    return putManifest(await this.#at(call), path, reference, manifest, call);
  }

  async deleteManifest(path: string, digest: Digest, call: RegistryCall = {}) {
    await deleteManifest(await this.#at(call), path, digest, call);
  }

  async deleteTag(path: string, tag: string, call: RegistryCall = {}) {
    await deleteTag(await this.#at(call), path, tag, call);
  }

  async headBlob(path: string, digest: Digest, call: RegistryCall = {}) {
    return headBlob(await this.#at(call), path, digest, call);
  }

  async getBlob(path: string, digest: Digest, range?: ByteRange, call: RegistryCall = {}) {
    return getBlob(await this.#at(call), path, digest, range, call);
  }

  async prepareDownload(path: string, digest: Digest, range?: ByteRange, call: RegistryCall = {}) {
    return prepareDownload(await this.#at(call), path, digest, range, call);
  }

  async deleteBlob(path: string, digest: Digest, call: RegistryCall = {}) {
    await deleteBlob(await this.#at(call), path, digest, call);
  }

  async mountBlob(path: string, digest: Digest, from: string, call: RegistryCall = {}) {
    return mountBlob(await this.#at(call), path, digest, from, call);
  }

  async startUpload(path: string, call: RegistryCall = {}) {
    return startUpload(await this.#at(call), path, call);
  }

  async uploadMonolithic(session: UploadSession, blob: BlobContent, call: RegistryCall = {}) {
    await uploadMonolithic(await this.#at(call), session, blob, call);
  }

  async uploadStreamed(session: UploadSession, blob: BlobContent, call: RegistryCall = {}) {
    await uploadPieces(await this.#at(call), session, blob, blob.size, call);
  }

  async uploadChunked(session: UploadSession, blob: BlobContent, chunkSize: number, call: RegistryCall = {}) {
    await uploadPieces(await this.#at(call), session, blob, chunkSize, call);
  }

  async uploadStatus(session: UploadSession, call: RegistryCall = {}) {
    return uploadStatus(await this.#at(call), session, call);
  }

  async cancelUpload(session: UploadSession, call: RegistryCall = {}) {
    await cancelUpload(await this.#at(call), session, call);
  }

  async *tags(path: string, call: RegistryCall = {}) {
    yield* listTags(await this.#at(call), path, call);
  }

  async *catalog(call: RegistryCall = {}) {
    yield* listCatalog(await this.#at(call), call);
  }

  async referrers(path: string, digest: Digest, artifactType?: string, call: RegistryCall = {}) {
    return listReferrers(await this.#at(call), path, digest, artifactType, call);
  }

  close(): void {
    this.#session?.close();
  }

  /** The session, chosen once for all callers; a failed choice is made again by the next call. */
  async #at(call: RegistryCall): Promise<RegistrySession> {
    if (this.#session !== undefined) return this.#session;
    if (this.#choosing === undefined || this.#choosing.isAbandoned)
      this.#choosing = new SharedWork(({ signal }) => this.#choose({ ...call, signal }));
    const choosing = this.#choosing;
    try {
      this.#session = await choosing.join(
        this.domain,
        call.signal === undefined ? {} : { signal: call.signal },
      );
      return this.#session;
    } finally {
      if (this.#choosing === choosing && this.#session === undefined) this.#choosing = undefined;
    }
  }

  /** Where there is a choice, the first origin that speaks TLS, else the one without. */
  async #choose(call: RegistryCall): Promise<RegistrySession> {
    const sessions = originsOf(this.#access).map(this.#sessionAt);
    const [first, second] = sessions;
    if (first === undefined) throw new EngineError('internal', this.domain, 'a registry without a place');
    if (second === undefined) return first;
    return (await speaksTls(first, call)) ? first : second;
  }
}

async function speaksTls(session: RegistrySession, call: RegistryCall): Promise<boolean> {
  try {
    await pingAt(session, call, true);
    return true;
  } catch (error) {
    if (isPlainAnswer(error)) return false;
    // Nothing is known yet: the next call tries again.
    if (isEngineError(error, 'unreachable') || isEngineError(error, 'cancelled')) throw error;
    // Whatever else it answers, it answers in TLS.
    return true;
  }
}

/** `GET /v2/` (distribution-spec, "Determining Support"). */
async function pingAt(session: RegistrySession, call: RegistryCall, isOnce = false): Promise<void> {
  const url = `${session.origin}/v2/`;
  const ask = { about: '', method: 'GET', url, scopes: [], accept: [200], isOnce } as const;
  await discard(await session.request(ask, call));
}
