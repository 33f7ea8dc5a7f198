import type { ByteRange } from '../../base/byteRange.ts';
import { EngineError, isEngineError, toEngineError } from '../../base/errors.ts';
import { algorithmOf, type Digest, isDigest } from '../../oci/digest.ts';
import type { HttpResponse, RequestBody } from './httpMessage.ts';
import { discard } from './readDocument.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { BlobContent, MountedBlob, UploadSession } from './registryClient.ts';
import type { Ask, RegistrySession } from './registrySession.ts';
import { checkDigest, checkPath, nameOf, repositoryUrls } from './repositoryUrls.ts';
import { repositoryScope } from './scopes.ts';

const octets = { 'Content-Type': 'application/octet-stream' };

export async function startUpload(
  session: RegistrySession,
  path: string,
  call: RegistryCall,
): Promise<UploadSession> {
  const { uploads } = repositoryUrls(session, path);
  const response = await step(
    session,
    { ...askOf(path, path), method: 'POST', url: uploads, accept: [202] },
    call,
  );
  return { ...begun(session, path, uploads, response), offset: 0 };
}

/**
 * `POST ?mount=&from=` (distribution-spec, "Mounting a blob from another repository"). Who may not read the other
 * repository uploads.
 */
export async function mountBlob(
  session: RegistrySession,
  path: string,
  digest: Digest,
  from: string,
  call: RegistryCall,
): Promise<MountedBlob | UploadSession> {
  const { uploads } = repositoryUrls(session, path);
  const url = `${uploads}?mount=${checkDigest(digest)}&from=${encodeURIComponent(checkPath(from))}`;
  const ask = askOf(path, nameOf(path, digest));
  const scopes = [...ask.scopes, repositoryScope(from, 'pull')];
  try {
    const response = await step(session, { ...ask, scopes, method: 'POST', url, accept: [201, 202] }, call);
    if (response.status === 201) return { kind: 'mounted' };
    return { ...begun(session, path, uploads, response), offset: 0 };
  } catch (error) {
    if (!isEngineError(error, 'unauthorized')) throw error;
    return startUpload(session, path, call);
  }
}

/**
 * Sends one piece of a blob. Where the registry counts otherwise than we do, its count is right.
 *
 * @returns the session after it.
 * @throws EngineError `size-mismatch` when the registry does not expect this piece (416).
 */
export async function sendPiece(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  range: ByteRange,
  call: RegistryCall,
): Promise<UploadSession> {
  // Only what goes on somewhere says where: with the first piece a range would make a chunk of a stream.
  const isStream = range.start === 0 && range.end === blob.size;
  const headers = isStream ? octets : { ...octets, 'Content-Range': `${range.start}-${range.end - 1}` };
  const ask = {
    ...askOf(upload.path, nameOf(upload.path, blob.digest)),
    method: 'PATCH',
    url: checkedLocation(session, upload),
    headers,
  } as const;
  const body = bodyOf(blob, range, call);
  const response = await step(
    session,
    { ...ask, body, isBlob: true, isOnce: true, accept: [202, 204] },
    call,
  );
  return {
    ...begun(session, upload.path, upload.location, response, upload.minChunkSize),
    offset: receivedOf(response, range.end) ?? range.end,
  };
}

/** Ends an upload: with the whole blob in the same request, or after all of it was sent. */
export async function commitUpload(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  withBytes: boolean,
  call: RegistryCall,
): Promise<void> {
  const url = new URL(checkedLocation(session, upload));
  // By hand: the registry's own query goes back as it came.
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(checkDigest(blob.digest))}`;
  const about = nameOf(upload.path, blob.digest);
  const body = withBytes ? bodyOf(blob, { start: 0, end: blob.size }, call) : emptyBody;
  const ask = { ...askOf(upload.path, about), method: 'PUT', url: url.href, headers: octets, body } as const;
  const response = await step(session, { ...ask, isBlob: true, isOnce: true, accept: [200, 201, 204] }, call);
  const claimed = response.headers['docker-content-digest'];
  // Some registries name it by another algorithm, which says nothing.
  const isComparable = isDigest(claimed) && algorithmOf(claimed) === algorithmOf(blob.digest);
  if (isComparable && claimed !== blob.digest)
    throw session.clean(
      new EngineError('digest-mismatch', url.href, `it keeps the blob as ${claimed}`),
      about,
    );
}

/** How far an upload has come. Registries say `0-0` for nothing and for one byte alike: it counts as nothing. */
export async function uploadStatus(
  session: RegistrySession,
  upload: UploadSession,
  call: RegistryCall,
): Promise<UploadSession> {
  const ask = {
    ...askOf(upload.path, upload.path),
    method: 'GET',
    url: checkedLocation(session, upload),
  } as const;
  const response = await step(session, { ...ask, accept: [204, 202, 200] }, call);
  const next = begun(session, upload.path, upload.location, response, upload.minChunkSize);
  return { ...next, offset: receivedOf(response, 0) ?? 0 };
}

export async function cancelUpload(
  session: RegistrySession,
  upload: UploadSession,
  call: RegistryCall,
): Promise<void> {
  const ask = {
    ...askOf(upload.path, upload.path),
    method: 'DELETE',
    url: checkedLocation(session, upload),
  } as const;
  await step(session, { ...ask, accept: [200, 202, 204, 404] }, call);
}

async function step(session: RegistrySession, ask: Ask, call: RegistryCall): Promise<HttpResponse> {
  const response = await session.request(ask, call);
  await discard(response);
  return response;
}

function askOf(path: string, about: string): Pick<Ask, 'about' | 'path' | 'scopes'> {
  return { about, path, scopes: [repositoryScope(path, 'pull', 'push')] };
}

const emptyBody: RequestBody = { size: 0, open: () => [] };

function bodyOf(blob: BlobContent, range: ByteRange, { onBytes }: RegistryCall): RequestBody {
  return { size: range.end - range.start, open: () => exactly(blob, range, onBytes) };
}

/** @throws EngineError `changed` when the content is not as long as it says: the registry must not take it. */
async function* exactly(
  blob: BlobContent,
  range: ByteRange,
  onBytes: RegistryCall['onBytes'],
): AsyncGenerator<Uint8Array> {
  let left = range.end - range.start;
  for await (const piece of sourceOf(blob, range)) {
    left -= piece.length;
    if (left < 0) throw new EngineError('changed', blob.digest, 'the blob is longer than it says');
    yield piece;
    onBytes?.(piece.length);
  }
  if (left > 0) throw new EngineError('changed', blob.digest, 'the blob is shorter than it says');
}

/** The source's own errors are those of this machine, not of the connection. */
async function* sourceOf(blob: BlobContent, range: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    yield* blob.open(range);
  } catch (error) {
    throw toEngineError(error, blob.digest);
  }
}

function begun(
  session: RegistrySession,
  path: string,
  base: string,
  response: HttpResponse,
  knownLeast?: number,
): Omit<UploadSession, 'offset'> {
  const location = response.headers.location ?? base;
  const least = Number(response.headers['oci-chunk-min-length'] ?? 'none');
  const minChunkSize = Number.isSafeInteger(least) && least > 0 ? least : knownLeast;
  return {
    kind: 'upload',
    path,
    location: checkedLocation(session, { path, location: URL.parse(location, base)?.href ?? '' }),
    ...(minChunkSize !== undefined && { minChunkSize }),
  };
}

/** @throws EngineError `insecure` when an upload is to go to another origin (oras-go CVE-2026-50151). */
function checkedLocation(session: RegistrySession, upload: Pick<UploadSession, 'path' | 'location'>): string {
  const url = URL.parse(upload.location);
  if (url !== null && url.origin === session.origin && url.username === '') return url.href;
  const failure = new EngineError('insecure', session.origin, 'it wants the upload to go elsewhere');
  throw session.clean(failure, upload.path);
}

/** The bytes a registry has, by `Range: 0-99`. @param expected tells one byte from none, which it says alike. */
function receivedOf({ headers }: HttpResponse, expected: number): number | undefined {
  const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.range ?? '');
  if (match === null) return undefined;
  const last = Number(match[1]);
  return last === 0 ? Math.min(expected, 1) : last + 1;
}
