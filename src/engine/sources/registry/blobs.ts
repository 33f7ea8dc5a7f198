import type { ByteRange } from '../../base/byteRange.ts';
import type { Digest } from '../../oci/digest.ts';
import { blobStreamOf, rangeHeaders } from './blobStream.ts';
import { discard } from './readDocument.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { BlobHead, BlobStream, PreparedDownload } from './registryClient.ts';
import type { Ask, RegistrySession } from './registrySession.ts';
import { nameOf, repositoryUrls } from './repositoryUrls.ts';
import { type Action, repositoryScope } from './scopes.ts';

export async function headBlob(
  session: RegistrySession,
  path: string,
  digest: Digest,
  call: RegistryCall,
): Promise<BlobHead | undefined> {
  const ask = blobAsk(session, 'HEAD', path, digest, 'pull');
  const response = await session.request({ ...ask, accept: [200, 404] }, call);
  await discard(response);
  if (response.status === 404) return undefined;
  const size = Number(response.headers['content-length'] ?? 'none');
  return {
    ...(Number.isSafeInteger(size) && { size }),
    hasRanges: response.headers['accept-ranges'] === 'bytes',
  };
}

export async function getBlob(
  session: RegistrySession,
  path: string,
  digest: Digest,
  range: ByteRange | undefined,
  call: RegistryCall,
): Promise<BlobStream> {
  const ask = blobAsk(session, 'GET', path, digest, 'pull');
  const response = await session.request(
    { ...ask, headers: rangeHeaders(range), accept: [200, 206], isBlob: true },
    call,
  );
  return blobStreamOf(response, range, call, (error) => session.clean(error, ask.about));
}

/** Asks once whether the blob is there when the registry has not yet said how it wants to be asked. */
export async function prepareDownload(
  session: RegistrySession,
  path: string,
  digest: Digest,
  range: ByteRange | undefined,
  call: RegistryCall,
): Promise<PreparedDownload> {
  if (!session.hasAnswered) await headBlob(session, path, digest, call);
  const ask: Ask = { ...blobAsk(session, 'GET', path, digest, 'pull'), accept: [200, 206] };
  return {
    access: session.access,
    url: ask.url,
    headers: await session.signedHeaders(ask, call),
    subject: session.subjectOf(ask.about),
    ...(range !== undefined && { range }),
  };
}

export async function deleteBlob(
  session: RegistrySession,
  path: string,
  digest: Digest,
  call: RegistryCall,
): Promise<void> {
  const ask = blobAsk(session, 'DELETE', path, digest, 'pull', 'delete');
  await discard(await session.request({ ...ask, accept: [200, 202, 204, 404] }, call));
}

function blobAsk(
  session: RegistrySession,
  method: Ask['method'],
  path: string,
  digest: Digest,
  ...actions: readonly Action[]
): Omit<Ask, 'accept'> {
  return {
    about: nameOf(path, digest),
    method,
    url: repositoryUrls(session, path).blob(digest),
    path,
    scopes: [repositoryScope(path, ...actions)],
  };
}
