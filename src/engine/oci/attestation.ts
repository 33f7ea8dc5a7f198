import type { Descriptor } from './descriptor.ts';
import type { ImageManifest } from './manifest.ts';
import { type Digest, isDigest } from './digest.ts';
import { isImageConfigType, mediaTypes, parseLayerType } from './mediaType.ts';

/** What a manifest is: an image, or data beside one. */
export type ManifestRole =
  { readonly kind: 'image' } | { readonly kind: 'attestation' | 'artifact'; readonly subject?: Digest };

/**
 * Whether an index's descriptor names an attestation, without reading it (BuildKit's annotations; both its forms have
 * them, see formats.md §1.3).
 */
export function attestationRole({ annotations, artifactType }: Descriptor): ManifestRole | undefined {
  const isAnnotated = annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
  if (!isAnnotated && artifactType !== mediaTypes.attestation) return undefined;
  return withSubject('attestation', annotations?.['vnd.docker.reference.digest']);
}

/** What a manifest is, by its own members. */
export function manifestRole(manifest: ImageManifest): ManifestRole {
  const subject = manifest.subject?.digest;
  if (manifest.artifactType === mediaTypes.attestation || hasOnlyStatements(manifest))
    return withSubject('attestation', subject);
  const configType = manifest.config?.mediaType ?? '';
  if (isImageConfigType(configType)) return { kind: 'image' };
  // Some writers leave the config's type out, or invent one, over layers that are an image's.
  const hasLayers = manifest.layers.some((layer) => layer && parseLayerType(layer.mediaType) !== undefined);
  const isUntyped = configType === '' && manifest.artifactType === undefined;
  return isUntyped && hasLayers ? { kind: 'image' } : withSubject('artifact', subject);
}

function hasOnlyStatements({ layers }: ImageManifest): boolean {
  return layers.length > 0 && layers.every((layer) => layer?.mediaType === mediaTypes.inToto);
}

function withSubject(kind: 'attestation' | 'artifact', subject: string | undefined): ManifestRole {
  return isDigest(subject) ? { kind, subject } : { kind };
}
