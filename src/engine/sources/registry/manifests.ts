import { EngineError, type FailureCode, isEngineError } from '../../base/errors.ts';
import { algorithmOf, type Digest, digestOf, hasDigest, isDigest } from '../../oci/digest.ts';
import { manifestLimit } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/mediaType.ts';
import type { HttpResponse } from './httpMessage.ts';
import { discard, documentLimits, readDocument } from './readDocument.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { ManifestHead, NewManifest, RemoteManifest } from './registryClient.ts';
import type { Ask, RegistrySession } from './registrySession.ts';
import { nameOf, repositoryUrls } from './repositoryUrls.ts';
import { repositoryScope } from './scopes.ts';

/** Every form that can be read, in one header; schema 1 last, to be told what it is instead of `not found`. */
const accept = [
  mediaTypes.ociIndex,
  mediaTypes.ociManifest,
  mediaTypes.dockerList,
  mediaTypes.dockerManifest,
  'application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.5',
].join(', ');

export async function headManifest(
  session: RegistrySession,
  path: string,
  reference: string,
  call: RegistryCall,
): Promise<ManifestHead> {
  const response = await session.request(read(session, 'HEAD', path, reference), call);
  await discard(response);
  const digest = claimedDigest(response);
  const size = Number(response.headers['content-length'] ?? 'none');
  return {
    mediaType: mediaTypeOf(response),
    ...(digest !== undefined && { digest }),
    ...(Number.isSafeInteger(size) && { size }),
  };
}

export async function getManifest(
  session: RegistrySession,
  path: string,
  reference: string,
  call: RegistryCall,
): Promise<RemoteManifest> {
  const ask = read(session, 'GET', path, reference);
  const response = await session.request(ask, call);
  const bytes = await readWithin(session, ask, response, call);
  call.onBytes?.(bytes.length);
  const wanted = isDigest(reference) ? reference : undefined;
  const claimed = claimedDigest(response);
  for (const digest of [wanted, claimed])
    if (digest !== undefined && !hasDigest(bytes, digest))
      throw new EngineError('digest-mismatch', session.subjectOf(ask.about), `what came is not ${digest}`);
  return { bytes, mediaType: mediaTypeOf(response), digest: wanted ?? digestOf(bytes) };
}

/** What the registry answers to a manifest that was put. */
export interface KeptManifest {
  readonly digest: Digest;
  /** Whether it says that it lists the manifest under its `subject`. */
  readonly isListed: boolean;
}

export async function sendManifest(
  session: RegistrySession,
  path: string,
  reference: string,
  { bytes, mediaType }: NewManifest,
  call: RegistryCall,
): Promise<KeptManifest> {
  const about = nameOf(path, reference);
  checkNew(session, about, reference, bytes);
  const response = await session.request(
    {
      about,
      method: 'PUT',
      url: repositoryUrls(session, path).manifest(reference),
      headers: { 'Content-Type': mediaType },
      body: { size: bytes.length, open: () => [bytes] },
      path,
      scopes: [repositoryScope(path, 'pull', 'push')],
      accept: [200, 201, 202],
    },
    call,
  );
  await discard(response);
  call.onBytes?.(bytes.length);
  const claimed = claimedDigest(response);
  if (claimed !== undefined && !hasDigest(bytes, claimed))
    throw new EngineError('digest-mismatch', session.subjectOf(about), `the registry keeps it as ${claimed}`);
  return { digest: digestWith(bytes, reference), isListed: response.headers['oci-subject'] !== undefined };
}

function checkNew(session: RegistrySession, about: string, reference: string, bytes: Uint8Array): void {
  const refuse = (code: FailureCode, why: string): never => {
    throw new EngineError(code, session.subjectOf(about), why);
  };
  if (bytes.length > manifestLimit) refuse('limit-exceeded', 'a manifest has at most 4 MiB');
  if (isDigest(reference) && !hasDigest(bytes, reference))
    refuse('digest-mismatch', 'the manifest is not what its name says');
}

/** @param reference a tag or a digest. */
export async function deleteManifest(
  session: RegistrySession,
  path: string,
  reference: string,
  call: RegistryCall,
): Promise<void> {
  const response = await session.request(
    {
      about: nameOf(path, reference),
      method: 'DELETE',
      url: repositoryUrls(session, path).manifest(reference),
      path,
      scopes: [repositoryScope(path, 'pull', 'delete')],
      accept: [200, 202, 204, 404],
    },
    call,
  );
  await discard(response);
}

/** Distribution up to 2.8 takes only digests here, and says so by finding the tag to be none. */
export async function deleteTag(
  session: RegistrySession,
  path: string,
  tag: string,
  call: RegistryCall,
): Promise<void> {
  try {
    await deleteManifest(session, path, tag, call);
  } catch (error) {
    if (!isEngineError(error, 'digest-mismatch')) throw error;
    throw new EngineError(
      'unsupported',
      session.subjectOf(nameOf(path, tag)),
      'it does not delete tags alone',
    );
  }
}

function read(session: RegistrySession, method: 'GET' | 'HEAD', path: string, reference: string): Ask {
  return {
    about: nameOf(path, reference),
    method,
    url: repositoryUrls(session, path).manifest(reference),
    headers: { Accept: accept },
    path,
    scopes: [repositoryScope(path, 'pull')],
    accept: [200],
  };
}

async function readWithin(
  session: RegistrySession,
  ask: Ask,
  response: HttpResponse,
  call: RegistryCall,
): Promise<Buffer> {
  try {
    return await readDocument(response, documentLimits.manifest, call.signal);
  } catch (error) {
    throw session.clean(error, ask.about);
  }
}

function digestWith(bytes: Uint8Array, reference: string): Digest {
  if (!isDigest(reference) || algorithmOf(reference) === 'sha256') return digestOf(bytes);
  return reference;
}

/** What the registry calls it; a header that is no digest claims nothing. */
function claimedDigest({ headers }: HttpResponse): Digest | undefined {
  const claimed = headers['docker-content-digest'];
  return isDigest(claimed) ? claimed : undefined;
}

function mediaTypeOf({ headers }: HttpResponse): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase().slice(0, 255) ?? '';
}
