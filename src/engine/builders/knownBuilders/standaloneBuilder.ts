import { sha256 } from '../../build/sha256.ts';
import { formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { Builder } from '../builds.ts';

/**
 * A BuildKit that stands alone, behind its own address.
 *
 * @param program `buildctl`, where there is one.
 * @throws EngineError `unsupported` when no BuildKit listens there, and as {@link BuildkitControl} does.
 */
export async function standaloneBuilder(
  buildkit: BuildkitControl,
  program: string | undefined,
  signal?: AbortSignal,
): Promise<Builder> {
  const [versions, workers] = await Promise.all([buildkit.versions(signal), buildkit.workers(signal)]);
  // The worker's ID lies beside its cache; an address may lead to another one tomorrow.
  const place = sha256(workers[0]?.id ?? formatEndpoint(buildkit.endpoint)).slice(7, 23);
  const [, short] = /^v?(\d+\.\d+)/.exec(versions?.buildkit ?? '') ?? [];
  return {
    identity: {
      id: `buildkit-${place}#buildctl`,
      kind: 'buildkit',
      client: 'buildctl',
      name: short === undefined ? 'BuildKit' : `BuildKit ${short}`,
      ...(versions !== undefined && { version: versions.buildkit }),
      ...(versions?.frontend !== undefined && { frontendVersion: versions.frontend }),
    },
    endpoint: buildkit.endpoint,
    ...(program !== undefined && { program }),
  };
}
