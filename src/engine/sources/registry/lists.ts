import { EngineError, isEngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { asList, type JsonObject, member } from '../../oci/json.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/mediaType.ts';
import { isRepositoryPath, isTag } from '../../oci/reference.ts';
import { pagesOf } from './pages.ts';
import { readFallbackTag } from './referrersTag.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { Referrers } from './registryClient.ts';
import type { RegistrySession } from './registrySession.ts';
import { nameOf, repositoryUrls } from './repositoryUrls.ts';
import { catalogScope, repositoryScope } from './scopes.ts';

/** As many as registries give at most in one page. */
const pageSize = 1000;
const maxNames = 200_000;

/** Names that are no tags are left out: nothing could be asked about them. */
export async function* listTags(
  session: RegistrySession,
  path: string,
  call: RegistryCall,
): AsyncGenerator<readonly string[]> {
  const ask = {
    about: path,
    method: 'GET',
    url: `${repositoryUrls(session, path).tags}?n=${pageSize}`,
    path,
    scopes: [repositoryScope(path, 'pull')],
    accept: [200],
  } as const;
  const pages = pagesOf(session, ask, call);
  yield* bounded(session, path, pages, (page) => namesIn(page, 'tags').filter(isTag));
}

export async function* listCatalog(
  session: RegistrySession,
  call: RegistryCall,
): AsyncGenerator<readonly string[]> {
  const ask = {
    about: '',
    method: 'GET',
    url: `${session.origin}/v2/_catalog?n=${pageSize}`,
    scopes: [catalogScope],
    accept: [200],
  } as const;
  const pages = openCatalog(session, pagesOf(session, ask, call));
  yield* bounded(session, '', pages, (page) => namesIn(page, 'repositories').filter(isRepositoryPath));
}

/** A registry without this list answers as if there were nothing. */
async function* openCatalog(
  session: RegistrySession,
  pages: AsyncIterable<JsonObject>,
): AsyncGenerator<JsonObject> {
  try {
    yield* pages;
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error;
    throw new EngineError('unsupported', session.subjectOf(''), 'it does not list its repositories');
  }
}

async function* bounded(
  session: RegistrySession,
  about: string,
  pages: AsyncIterable<JsonObject>,
  namesOf: (page: JsonObject) => readonly string[],
): AsyncGenerator<readonly string[]> {
  let count = 0;
  for await (const page of pages) {
    const names = namesOf(page);
    count += names.length;
    if (count > maxNames)
      throw new EngineError('limit-exceeded', session.subjectOf(about), `more than ${maxNames} names`);
    yield names;
  }
}

function namesIn(page: JsonObject, name: string): readonly string[] {
  return asList(member(page, name)).filter((each) => typeof each === 'string');
}

export async function listReferrers(
  session: RegistrySession,
  path: string,
  digest: Digest,
  artifactType: string | undefined,
  call: RegistryCall,
): Promise<Referrers> {
  const listed = await offeredReferrers(session, path, digest, artifactType, call);
  const descriptors = listed ?? (await readFallbackTag(session, path, digest, call));
  // The registry may leave the filtering to us.
  const wanted = descriptors.filter(
    (each) => artifactType === undefined || each.artifactType === artifactType,
  );
  return { descriptors: wanted, isFallback: listed === undefined };
}

/** Undefined where the registry has no such list. */
async function offeredReferrers(
  session: RegistrySession,
  path: string,
  digest: Digest,
  artifactType: string | undefined,
  call: RegistryCall,
): Promise<readonly Descriptor[] | undefined> {
  const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const ask = {
    about: nameOf(path, digest),
    method: 'GET',
    url: `${repositoryUrls(session, path).referrers(digest)}${query}`,
    headers: { Accept: mediaTypes.ociIndex },
    path,
    scopes: [repositoryScope(path, 'pull')],
    accept: [200],
  } as const;
  const descriptors: Descriptor[] = [];
  try {
    for await (const page of pagesOf(session, ask, call)) {
      const index = parseManifest(Buffer.from(JSON.stringify(page)), path, mediaTypes.ociIndex);
      if (index.kind === 'index') descriptors.push(...index.manifests);
      if (descriptors.length > maxNames) break;
    }
  } catch (error) {
    if (isEngineError(error, 'not-found') || isEngineError(error, 'unsupported')) return undefined;
    throw error;
  }
  return descriptors;
}
