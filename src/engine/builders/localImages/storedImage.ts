import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { type Digest, type DiffId, isDigest } from '../../oci/digest.ts';
import { type JsonObject, asObject } from '../../oci/json.ts';
import { parseImageConfig } from '../../oci/imageConfig.ts';
import { type ImageManifest, manifestLimit, parseManifest } from '../../oci/manifest.ts';
import { choosePlatform, type Platform } from '../../oci/platform.ts';
import { attestationRole } from '../../oci/attestation.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';

/** An image in a content store, for one platform. */
export interface StoredImage {
  readonly manifest: Digest;
  /** Lowest first; empty where the config does not tell all of them. */
  readonly diffIds: readonly DiffId[];
  /** Its config, whole. */
  readonly config: JsonObject;
  /** Of its layers, lowest first, the digests of their blobs. */
  readonly blobs: readonly StepLayer[];
}

/** An inline cache is several times as long as what it is about. */
const configLimit = 16 * 2 ** 20;

/**
 * Reads an image from its manifest or index: three small reads.
 *
 * @throws EngineError `not-found` also when there is none for the platform, `invalid-manifest`, `invalid-config`, and as
 * {@link BuildkitControl} does.
 */
export async function readStoredImage(
  buildkit: BuildkitControl,
  root: Digest,
  platform: Platform,
  signal?: AbortSignal,
): Promise<StoredImage | undefined> {
  const found = await readManifest(buildkit, root, platform, signal);
  if (found?.manifest.config === undefined) return undefined;
  const { digest, manifest } = found;
  const bytes = await buildkit.readContent(found.manifest.config.digest, configLimit, signal);
  const { config } = parseImageConfig(bytes, found.manifest.config.digest);
  const known = config.diffIds.filter((each) => each !== undefined);
  return {
    manifest: digest,
    diffIds: known.length === config.diffIds.length ? known : [],
    config: asObject(config.raw) ?? {},
    blobs: manifest.layers.map((layer) => (layer === undefined ? {} : { digest: layer.digest })),
  };
}

interface FoundManifest {
  readonly digest: Digest;
  readonly manifest: ImageManifest;
}

async function readManifest(
  buildkit: BuildkitControl,
  root: Digest,
  platform: Platform,
  signal: AbortSignal | undefined,
): Promise<FoundManifest | undefined> {
  const first = parseManifest(await buildkit.readContent(root, manifestLimit, signal), root);
  if (first.kind === 'manifest') return { digest: root, manifest: first };
  if (first.kind !== 'index') return undefined;
  const images = first.manifests.filter((each) => attestationRole(each) === undefined);
  const at = choosePlatform(
    platform,
    images.map((each) => each.platform),
  );
  const digest = at === undefined ? undefined : images[at]?.digest;
  if (!isDigest(digest)) return undefined;
  const manifest = parseManifest(await buildkit.readContent(digest, manifestLimit, signal), digest);
  return manifest.kind === 'manifest' ? { digest, manifest } : undefined;
}
