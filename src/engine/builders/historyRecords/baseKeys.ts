import { isEngineError } from '../../base/errors.ts';
import { imageKeys, keyByLayers } from '../../build/operationKey/imageKeys.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { type DiffId, isDigest } from '../../oci/digest.ts';
import { hostPlatform, type Platform } from '../../oci/platform.ts';
import { asObject, textMember } from '../../oci/json.ts';
import { readStoredImage, type StoredImage } from '../localImages/storedImage.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { ProvenanceStep } from './provenance.ts';

/**
 * The names by which the cache knows a base image that a build used: of its manifest and its layers where the manifest is
 * still there to be read, else of its layers where they were told; empty when neither is.
 *
 * @throws EngineError as {@link BuildkitControl} does.
 */
export async function baseKeys(
  buildkit: BuildkitControl,
  step: ProvenanceStep,
  signal?: AbortSignal,
): Promise<readonly Sha256[]> {
  const source = asObject(step.operation['source']) ?? {};
  const [, digest] = /^docker-image:\/\/[^@]+@(.+)$/.exec(textMember(source, 'identifier') ?? '') ?? [];
  const { platform = hostPlatform() } = step;
  const image = isDigest(digest) ? await tryStored(buildkit, digest, platform, signal) : undefined;
  if (image === undefined) return keysOfLayers(step);
  const { byManifest, byLayers } = imageKeys(image.manifest, image.diffIds, platform);
  return byLayers === undefined ? [byManifest] : [byManifest, byLayers];
}

export function isImage({ operation }: ProvenanceStep): boolean {
  const source = asObject(operation['source']) ?? {};
  return (textMember(source, 'identifier') ?? '').startsWith('docker-image://');
}

/** It may have been removed since then. */
export async function tryStored(
  buildkit: BuildkitControl,
  digest: string,
  platform: Platform,
  signal?: AbortSignal,
): Promise<StoredImage | undefined> {
  if (!isDigest(digest)) return undefined;
  try {
    return await readStoredImage(buildkit, digest, platform, signal);
  } catch (error) {
    if (isEngineError(error, 'not-found') || isEngineError(error, 'unsupported')) return undefined;
    throw error;
  }
}

/** A classic store calls layers by their plain tars, which is what an image is known by there. */
function keysOfLayers({ layers }: ProvenanceStep): readonly Sha256[] {
  const diffIds = layers.filter(({ isPlain, digest }) => isPlain && isDigest(digest));
  if (diffIds.length !== layers.length) return [];
  const key = keyByLayers(diffIds.map(({ digest }) => digest as DiffId));
  return key === undefined ? [] : [key];
}
