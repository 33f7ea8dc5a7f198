import { chainIdsOf } from '../../oci/chainId.ts';
import type { Digest, DiffId } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { goJson } from './goJson.ts';

/** The two names of a base image: it is the same when either is (build-cache.md §1.1, FROM). */
export interface ImageKeys {
  readonly byManifest: Sha256;
  /** Undefined of an image without layers. */
  readonly byLayers?: Sha256;
}

/** @param manifest of the platform, also where an index was named. */
export function imageKeys(manifest: Digest, diffIds: readonly DiffId[], platform: Platform): ImageKeys {
  const { os, architecture, variant } = platform;
  const named = sha256(goJson({ Digest: manifest, OS: os, Arch: architecture, Variant: variant }));
  const byLayers = keyByLayers(diffIds);
  return { byManifest: sourceKey(named), ...(byLayers !== undefined && { byLayers }) };
}

/** The only name of an image in an engine's classic store. Undefined of one without layers. */
export function keyByLayers(diffIds: readonly DiffId[]): Sha256 | undefined {
  const chain = chainIdsOf(diffIds).at(-1);
  return chain === undefined ? undefined : sourceKey(chain);
}

function sourceKey(key: string): Sha256 {
  return sha256(`buildkit.source.v0:${key}`);
}
