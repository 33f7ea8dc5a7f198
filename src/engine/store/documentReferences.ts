import { EngineError } from '../base/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { asList, asObject, type JsonObject, member, parseJson, textMember } from '../oci/json.ts';
import { mediaTypes, parseLayerType } from '../oci/mediaType.ts';
import { parseDescriptor } from '../oci/parseDescriptor.ts';

/** One thing that a manifest or an index names. */
export interface DocumentReference extends Descriptor {
  readonly role: 'manifest' | 'config' | 'layer' | 'subject';
  /** Whether the store may do without it: foreign layers, and the children of an index that keeps one platform only. */
  readonly isOptional: boolean;
}

/** Bytes a manifest or an index may have. Registries take 4 MiB; an index of thousands of images can be larger. */
export const documentLimit = 16 * 1024 * 1024;

/**
 * What a manifest or an index refers to, by its members and not by its media type. Undefined when the bytes are no
 * JSON object: then they refer to nothing. Members that are no descriptors are passed over, but nothing is left out for
 * being too much: what this does not name, the garbage collector takes.
 *
 * @throws EngineError `invalid-manifest` for a document that is both an index and a manifest (CVE-2021-41190).
 */
export function documentReferences(
  bytes: Uint8Array,
  subject: string,
): readonly DocumentReference[] | undefined {
  const document = parseDocument(bytes);
  if (document === undefined) return undefined;
  const [manifests, layers, config] = ['manifests', 'layers', 'config'].map((name) => member(document, name));
  if (manifests !== undefined && (layers !== undefined || config !== undefined))
    throw new EngineError('invalid-manifest', subject, 'it is an index and a manifest at once');
  const isAttestation = isInToto(layers);
  return [
    ...references(asList(manifests), 'manifest', () => true),
    ...references([config], 'config', () => isAttestation),
    ...references(asList(layers), 'layer', (mediaType) => isAttestation || isForeign(mediaType)),
    ...references([member(document, 'subject')], 'subject', () => true),
  ];
}

/** The media type a document states or, as older ones do not, the one its members suggest. */
export function documentMediaType(bytes: Uint8Array): string {
  const document = parseDocument(bytes) ?? {};
  const isIndex = member(document, 'manifests') !== undefined;
  return textMember(document, 'mediaType') ?? (isIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest);
}

function references(
  values: readonly unknown[],
  role: DocumentReference['role'],
  isOptional: (mediaType: string) => boolean,
): readonly DocumentReference[] {
  return values.flatMap((value) => {
    const descriptor = parseDescriptor(value, '', []);
    if (descriptor === undefined) return [];
    return { ...descriptor, role, isOptional: isOptional(descriptor.mediaType) };
  });
}

/** Layers that are fetched from elsewhere and may be absent (image-spec, layer.md, non-distributable layers). */
function isForeign(mediaType: string): boolean {
  return parseLayerType(mediaType)?.isForeign === true;
}

/** An attestation says something about an image; losing it does not lose the image. */
function isInToto(layers: unknown): boolean {
  const types = asList(layers).map((layer) => textMember(asObject(layer) ?? {}, 'mediaType'));
  return types.length > 0 && types.every((type) => type === mediaTypes.inToto);
}

function parseDocument(bytes: Uint8Array): JsonObject | undefined {
  try {
    return asObject(parseJson(bytes, '', 'manifest').value);
  } catch {
    return undefined;
  }
}
