import { EngineError, isEngineError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { algorithmOf, type Digest, hexOf, isDigest } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, member, parseJson, textMap, textMember } from '../../oci/json.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/mediaType.ts';
import { getManifest, sendManifest } from './manifests.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { NewManifest, PutManifest } from './registryClient.ts';
import type { RegistrySession } from './registrySession.ts';

/** The tag under which referrers are listed where the registry does not list them: `sha256-<hex>` (distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(subject: Digest): string {
  return `${algorithmOf(subject)}-${hexOf(subject).slice(0, 64)}`;
}

/**
 * Puts a manifest; one with a `subject` is then listed there, by the registry or else by the fallback tag (distribution-spec,
 * "Pushing Manifests with Subject").
 */
export async function putManifest(
  session: RegistrySession,
  path: string,
  reference: string,
  manifest: NewManifest,
  call: RegistryCall,
): Promise<PutManifest> {
  const { digest, isListed } = await sendManifest(session, path, reference, manifest, call);
  const subject = subjectOf(manifest.bytes);
  if (subject === undefined) return { digest };
  if (isListed) return { digest, listedBy: 'registry' };
  await keepFallbackTag(session, path, subject, { ...manifest, digest }, call);
  return { digest, listedBy: 'fallback-tag' };
}

/** The digest of what a manifest or index refers to by its `subject`. */
function subjectOf(bytes: Uint8Array): Digest | undefined {
  const digest = member(asObject(member(documentOf(bytes), 'subject')) ?? {}, 'digest');
  return isDigest(digest) ? digest : undefined;
}

/** What the fallback tag lists; empty when there is none. @throws EngineError `refused` when the tag names something else. */
export async function readFallbackTag(
  session: RegistrySession,
  path: string,
  subject: Digest,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  const bytes = await fallbackBytes(session, path, subject, call);
  if (bytes === undefined) return [];
  const index = parseManifest(bytes, fallbackTag(subject));
  return index.kind === 'index' ? index.manifests : [];
}

/**
 * Adds a manifest to the index of the fallback tag. Two who do so at once may lose one of the entries: registries offer
 * no way to notice.
 */
async function keepFallbackTag(
  session: RegistrySession,
  path: string,
  subject: Digest,
  manifest: NewManifest & { readonly digest: Digest },
  call: RegistryCall,
): Promise<void> {
  const tag = fallbackTag(subject);
  const bytes = await fallbackBytes(session, path, subject, call);
  const known = bytes === undefined ? {} : documentOf(bytes);
  if (bytes !== undefined && !Array.isArray(member(known, 'manifests')))
    throw new EngineError(
      'refused',
      session.subjectOf(`${path}:${tag}`),
      'the tag for referrers is no index',
    );
  // Entries of others are handed on as they are.
  const others = asList(member(known, 'manifests')).filter(
    (each) => member(asObject(each) ?? {}, 'digest') !== manifest.digest,
  );
  const index = {
    ...known,
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [...others, descriptorOf(manifest)],
  };
  const encoded = Buffer.from(JSON.stringify(index));
  await sendManifest(session, path, tag, { bytes: encoded, mediaType: mediaTypes.ociIndex }, call);
}

async function fallbackBytes(
  session: RegistrySession,
  path: string,
  subject: Digest,
  call: RegistryCall,
): Promise<Uint8Array | undefined> {
  try {
    return (await getManifest(session, path, fallbackTag(subject), call)).bytes;
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

function descriptorOf({ bytes, mediaType, digest }: NewManifest & { readonly digest: Digest }): JsonObject {
  const manifest = documentOf(bytes);
  const configType = textMember(asObject(member(manifest, 'config')) ?? {}, 'mediaType');
  const artifactType = textMember(manifest, 'artifactType') ?? configType;
  const annotations = textMap(manifest, 'annotations');
  return {
    mediaType,
    digest,
    size: bytes.length,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  };
}

function documentOf(bytes: Uint8Array): JsonObject {
  try {
    return asObject(parseJson(bytes, 'manifest', 'manifest').value) ?? {};
  } catch {
    return {};
  }
}
