import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import { isAtLeast } from '../../sources/dockerEngine/apiVersion.ts';
import type { BuildCacheRecord } from '../../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';

/** In this version the list can be asked for alone, without the sizes of images and containers. */
const ownListVersion = '1.42';

/**
 * What a BuildKit says that it has. An older engine would add up every image and container for it: of that one, BuildKit
 * itself is asked.
 *
 * @param engine undefined of a BuildKit that stands alone.
 * @throws EngineError as the engine's client and {@link BuildkitControl} do: then the list is not readable.
 */
export async function readBuilderList(
  engine: EngineClient | undefined,
  buildkit: BuildkitControl,
  signal?: AbortSignal,
): Promise<readonly ListedRecord[]> {
  if (engine === undefined) return buildkit.diskUsage(signal);
  const options = signal === undefined ? {} : { signal };
  const { apiVersion } = await engine.capabilities(options);
  if (!isAtLeast(apiVersion, ownListVersion)) return buildkit.diskUsage(signal);
  const { buildCache } = await engine.diskUsage({ ...options, types: ['build-cache'] });
  return buildCache.map(toListed);
}

function toListed({ id, parents, description, type, sizeBytes, createdAt }: BuildCacheRecord): ListedRecord {
  const time = Date.parse(createdAt ?? '');
  return { id, parents, description, type, sizeBytes, ...(!Number.isNaN(time) && { createdAt: time }) };
}
