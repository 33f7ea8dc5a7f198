import type { JsonObject } from '../../oci/json.ts';
import {
  countOf,
  descriptorOf,
  given,
  namesOf,
  numberOf,
  objectOf,
  objectsOf,
  platformFrom,
  textMapOf,
  textOf,
  textsOf,
} from './answerFields.ts';
import type {
  DistributionDetails,
  EngineHistoryRow,
  EngineImage,
  EngineImageDetails,
  EngineManifest,
  ImageRemoval,
} from './engineApi.ts';

/** `GET /images/json`. */
export function parseImages(value: unknown): readonly EngineImage[] {
  return objectsOf(value).map(parseImage);
}

/** One image of the list, or of disk usage. */
export function parseImage(json: JsonObject): EngineImage {
  return {
    id: imageIdOf(json),
    repoTags: namesOf(json['RepoTags']),
    repoDigests: namesOf(json['RepoDigests']),
    ...given('parentId', textOf(json['ParentId'])),
    // Podman writes the year 1 as seconds far below zero.
    createdSeconds: Math.max(0, numberOf(json['Created']) ?? 0),
    sizeBytes: numberOf(json['Size']) ?? 0,
    ...given('sharedSizeBytes', countOf(json['SharedSize'])),
    ...given('containerCount', countOf(json['Containers'])),
    labels: textMapOf(json['Labels']),
    ...given('target', descriptorOf(json['Descriptor'])),
    manifests: parseManifests(json['Manifests']),
  };
}

/** `GET /images/{name}/json`. */
export function parseImageDetails(value: unknown, bytes: Uint8Array): EngineImageDetails {
  const json = objectOf(value);
  return {
    id: imageIdOf(json),
    repoTags: namesOf(json['RepoTags']),
    repoDigests: namesOf(json['RepoDigests']),
    ...given('parentId', textOf(json['Parent'])),
    ...given('created', textOf(json['Created'])),
    platform: platformFrom(json),
    sizeBytes: numberOf(json['Size']) ?? 0,
    diffIds: textsOf(objectOf(json['RootFS'])['Layers']),
    config: objectOf(json['Config']),
    ...given('target', descriptorOf(json['Descriptor'])),
    manifests: parseManifests(json['Manifests']),
    json,
    bytes,
  };
}

/** `GET /images/{name}/history`. */
export function parseHistory(value: unknown): readonly EngineHistoryRow[] {
  return objectsOf(value).map((json) => ({
    id: textOf(json['Id']) ?? '<missing>',
    createdSeconds: numberOf(json['Created']) ?? 0,
    createdBy: textOf(json['CreatedBy']) ?? '',
    sizeBytes: numberOf(json['Size']) ?? 0,
    comment: textOf(json['Comment']) ?? '',
    tags: namesOf(json['Tags']),
  }));
}

/** `DELETE /images/{name}`. */
export function parseRemoval(value: unknown): ImageRemoval {
  const steps = objectsOf(value);
  return {
    untagged: steps.flatMap((step) => textOf(step['Untagged']) ?? []),
    deleted: steps.flatMap((step) => textOf(step['Deleted']) ?? []),
  };
}

/** `GET /distribution/{name}/json`; undefined when it names no descriptor. */
export function parseDistribution(value: unknown): DistributionDetails | undefined {
  const json = objectOf(value);
  const descriptor = descriptorOf(json['Descriptor']);
  return descriptor && { descriptor, platforms: objectsOf(json['Platforms']).map(platformFrom) };
}

/** Podman leaves the algorithm out of the IDs in its disk usage. */
function imageIdOf(json: JsonObject): string {
  const id = textOf(json['Id']) ?? '';
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

function parseManifests(value: unknown): readonly EngineManifest[] {
  return objectsOf(value).flatMap((json) => {
    const descriptor = descriptorOf(json['Descriptor']);
    return descriptor === undefined ? [] : [{ ...parseManifest(json), descriptor }];
  });
}

function parseManifest(json: JsonObject): Omit<EngineManifest, 'descriptor'> {
  const size = objectOf(json['Size']);
  const kind = json['Kind'] === 'image' || json['Kind'] === 'attestation' ? json['Kind'] : 'unknown';
  const image = objectOf(json['ImageData']);
  const isImage = kind === 'image';
  return {
    kind,
    isAvailable: json['Available'] === true,
    contentBytes: numberOf(size['Content']) ?? 0,
    totalBytes: numberOf(size['Total']) ?? 0,
    ...given('platform', isImage ? platformFrom(objectOf(image['Platform'])) : undefined),
    ...given('unpackedBytes', isImage ? numberOf(objectOf(image['Size'])['Unpacked']) : undefined),
    containerIds: textsOf(image['Containers']),
    ...given('attests', textOf(objectOf(json['AttestationData'])['For'])),
  };
}
