import type { Problem } from '../base/problem.ts';
import type { Descriptor } from './descriptor.ts';
import { EngineError } from '../base/errors.ts';
import { type JsonObject, asList, asObject, member, parseJson, textMap, textMember } from './json.ts';
import { isIndexType, isManifestType, isSchema1Type, mediaTypes } from './mediaType.ts';
import { parseDescriptor } from './parseDescriptor.ts';

/** Bytes a manifest or config may have (distribution-spec: "at least 4 megabytes"). */
export const manifestLimit = 4 * 2 ** 20;
/** Manifests an index may name; what is beyond is left out and reported. */
export const maxManifests = 10_000;

/** A document that names an image or several (image-spec manifest.md and image-index.md, and Docker's forms). */
export type Manifest = ImageManifest | ImageIndex | Schema1Manifest;

export interface ImageManifest {
  readonly kind: 'manifest';
  /** As the document says, else as its form is. */
  readonly mediaType: string;
  readonly config?: Descriptor;
  /** Lowest first; undefined where a descriptor is unusable, so that positions stay. */
  readonly layers: readonly (Descriptor | undefined)[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Docker's first form: recognised, not read. It has no diffIDs and no sizes. */
export interface Schema1Manifest {
  readonly kind: 'schema1';
  readonly mediaType: string;
  readonly name: string | undefined;
  readonly layerCount: number;
  readonly problems: readonly Problem[];
}

/**
 * Parses a manifest, index or Docker's like. Which it is, the document's members decide; one that could be taken for two
 * is refused (CVE-2021-41190).
 *
 * @param claimed the media type its descriptor gives; a difference is reported.
 * @throws EngineError `invalid-manifest`.
 */
export function parseManifest(bytes: Uint8Array, subject: string, claimed?: string): Manifest {
  const { value, problems: jsonProblems } = parseJson(bytes, subject, 'manifest');
  const object = asObject(value);
  if (object === undefined) throw new EngineError('invalid-manifest', subject, 'it is not a JSON object');
  const problems = [...jsonProblems];
  const kind = kindOf(object, subject, claimed);
  const mediaType = textMember(object, 'mediaType');
  if (claimed && mediaType !== undefined && claimed !== mediaType)
    problems.push({
      code: 'media-type-mismatch',
      subject,
      detail: `named as ${claimed}, it says it is ${mediaType}`,
    });
  if (kind === 'index') return toIndex(object, mediaType ?? mediaTypes.ociIndex, subject, problems);
  if (kind === 'schema1') return toSchema1(object, claimed, problems, subject);
  return toManifest(object, mediaType ?? claimedManifest(claimed), subject, problems);
}

/** The members that tell the kinds apart. */
function kindOf(object: JsonObject, subject: string, claimed: string | undefined): Manifest['kind'] {
  const has = (name: string): boolean => member(object, name) !== undefined;
  const isIndex = has('manifests');
  const isManifest = has('layers') || has('config');
  const isSchema1 = has('fsLayers');
  if (Number(isIndex) + Number(isManifest) + Number(isSchema1) > 1)
    throw ambiguous(subject, 'it has the members of two kinds of manifest');
  const kind = isIndex ? 'index' : isSchema1 ? 'schema1' : isManifest ? 'manifest' : undefined;
  const said = kindByType(textMember(object, 'mediaType'));
  if (kind !== undefined && said !== undefined && kind !== said)
    throw ambiguous(
      subject,
      `it says it is ${textMember(object, 'mediaType') ?? ''} but has the members of another kind`,
    );
  const result = kind ?? said ?? kindByType(claimed);
  if (result === undefined)
    throw new EngineError('invalid-manifest', subject, 'it is neither a manifest nor an index');
  return result;
}

/** Whether the error refuses a document that could be taken for two kinds. */
export function isAmbiguous(error: unknown): boolean {
  return error instanceof EngineError && error.cause === ambiguity;
}

const ambiguity = 'ambiguous manifest';

function ambiguous(subject: string, detail: string): EngineError {
  return new EngineError('invalid-manifest', subject, detail, { cause: ambiguity });
}

function kindByType(mediaType: string | undefined): Manifest['kind'] | undefined {
  if (mediaType === undefined) return undefined;
  if (isIndexType(mediaType)) return 'index';
  if (isManifestType(mediaType)) return 'manifest';
  return isSchema1Type(mediaType) ? 'schema1' : undefined;
}

function claimedManifest(claimed: string | undefined): string {
  return claimed !== undefined && isManifestType(claimed) ? claimed : mediaTypes.ociManifest;
}

function toIndex(object: JsonObject, mediaType: string, subject: string, problems: Problem[]): ImageIndex {
  const listed = asList(member(object, 'manifests'));
  if (listed.length > maxManifests)
    problems.push({
      code: 'limit-exceeded',
      subject,
      detail: `it names ${listed.length} manifests; the first ${maxManifests} are shown`,
    });
  const manifests = listed
    .slice(0, maxManifests)
    .map((each) => parseDescriptor(each, subject, problems))
    .filter((each) => each !== undefined);
  const annotations = textMap(object, 'annotations');
  return { kind: 'index', mediaType, manifests, ...(annotations && { annotations }), problems };
}

function toManifest(
  object: JsonObject,
  mediaType: string,
  subject: string,
  problems: Problem[],
): ImageManifest {
  const config = member(object, 'config');
  const described =
    config === undefined || config === null ? undefined : parseDescriptor(config, subject, problems);
  const linked = member(object, 'subject');
  const referred = asObject(linked) === undefined ? undefined : parseDescriptor(linked, subject, problems);
  const artifactType = textMember(object, 'artifactType');
  const annotations = textMap(object, 'annotations');
  return {
    kind: 'manifest',
    mediaType,
    layers: asList(member(object, 'layers')).map((each) => parseDescriptor(each, subject, problems)),
    ...(described && { config: described }),
    ...(artifactType !== undefined && { artifactType }),
    ...(referred && { subject: referred }),
    ...(annotations && { annotations }),
    problems,
  };
}

function toSchema1(
  object: JsonObject,
  claimed: string | undefined,
  problems: Problem[],
  subject: string,
): Schema1Manifest {
  const layerCount = asList(member(object, 'fsLayers')).length;
  const detail =
    'it is a schema 1 manifest, which names no diffIDs and no sizes; Docker stopped reading it in 28.2. Pull the image again with a newer tool to get schema 2 or OCI';
  return {
    kind: 'schema1',
    mediaType: claimed ?? 'application/vnd.docker.distribution.manifest.v1+json',
    name: textMember(object, 'name'),
    layerCount,
    problems: [...problems, { code: 'schema1-manifest', subject, detail }],
  };
}
