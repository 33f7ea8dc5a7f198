import { isEngineError } from '../../base/errors.ts';
import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { hasDigest, isDigest } from '../../oci/digest.ts';
import { type JsonObject, asObject, parseJson, textMember } from '../../oci/json.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import { readStoredImage } from '../localImages/storedImage.ts';
import { inlineCacheMember, parseInlineCache } from './parseInlineCache.ts';

/**
 * The inline cache of an image that an engine has. Undefined when it has none, or when its config cannot be had: of an
 * image without a name in a classic store.
 *
 * @throws EngineError `damaged`, `limit-exceeded`, and as {@link BuildkitControl} does.
 */
export async function readInlineCache(
  buildkit: BuildkitControl,
  image: LocalImage,
  signal?: AbortSignal,
): Promise<SeenBuild | undefined> {
  const read = image.manifest === undefined ? readClassicConfig : readStoredConfig;
  const stored = await read(buildkit, image, signal);
  const text = stored && textMember(stored.config, inlineCacheMember);
  if (stored === undefined || text === undefined) return undefined;
  const subject = image.names[0] ?? image.id;
  return parseInlineCache(text, { subject, diffIds: image.diffIds, blobs: stored.blobs });
}

interface StoredConfig {
  readonly config: JsonObject;
  readonly blobs: readonly StepLayer[];
}

/** In the containerd store: from the manifest to the config, two small reads. */
async function readStoredConfig(
  buildkit: BuildkitControl,
  { manifest, platform }: LocalImage,
  signal: AbortSignal | undefined,
): Promise<StoredConfig | undefined> {
  return manifest && readStoredImage(buildkit, manifest, platform, signal);
}

/** In the classic store an image's ID is the digest of its config, which tells that it is still the same image. */
async function readClassicConfig(
  buildkit: BuildkitControl,
  { id, names, platform }: LocalImage,
  signal: AbortSignal | undefined,
): Promise<StoredConfig | undefined> {
  const [name] = names;
  if (name === undefined || !isDigest(id)) return undefined;
  try {
    const { config: text } = await buildkit.imageConfig({ name, platform, mode: 'local' }, signal);
    const bytes = Buffer.from(text);
    const config = hasDigest(bytes, id) ? asObject(parseJson(bytes, id, 'config').value) : undefined;
    return config && { config, blobs: [] };
  } catch (error) {
    if (isEngineError(error, 'unsupported')) return undefined;
    throw error;
  }
}
