import { isEngineError } from '../../base/errors.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/imageConfig.ts';
import { type Platform, platformOf } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { ImageConfigRequest } from '../buildkitControl/imageConfigs.ts';
import type { LocalImage } from './localImage.ts';
import { readStoredImage } from './storedImage.ts';

/**
 * A base image as BuildKit itself would take it now: from the registries that it knows, in its own way (mirrors, plain
 * HTTP), but without a person's credentials. That asks the network; so does a build.
 *
 * @throws EngineError `refused` with what the registry said, `not-found`, `invalid-config`, and as
 * {@link BuildkitControl} does.
 */
export async function askBuilderForBase(
  buildkit: BuildkitControl,
  request: ImageConfigRequest,
  signal?: AbortSignal,
): Promise<LocalImage> {
  const name = normalizeName(request.name);
  const { digest, config: text } = await buildkit.imageConfig({ ...request, name }, signal);
  const bytes = Buffer.from(text);
  const { config } = parseImageConfig(bytes, name);
  const manifest = digest && (await manifestOf(buildkit, digest, request.platform, signal));
  const diffIds = config.diffIds.filter((each) => each !== undefined);
  return {
    id: digest ?? digestOf(bytes),
    names: [name],
    platform: platformOf(config.raw) ?? request.platform,
    ...(manifest && { manifest }),
    diffIds: diffIds.length === config.diffIds.length ? diffIds : [],
    config: config.runtime,
    builds: [],
  };
}

/** Of the platform, which BuildKit has fetched with the config. 20.10 does not give it: there the layers have to do. */
async function manifestOf(
  buildkit: BuildkitControl,
  digest: Digest,
  platform: Platform,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  try {
    return (await readStoredImage(buildkit, digest, platform, signal))?.manifest ?? digest;
  } catch (error) {
    if (isEngineError(error, 'cancelled') || isEngineError(error, 'unreachable')) throw error;
    return digest;
  }
}
