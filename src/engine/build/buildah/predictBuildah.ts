import type { CallOptions } from '../../base/progress.ts';
import type { CacheReport } from '../cache/cacheReport.ts';
import type { BuildahInput } from './buildahInput.ts';
import { BuildahWalk } from './buildahWalk.ts';

/**
 * What buildah, or Podman, will take from its store: an image whose history is that of the image below and one entry more
 * with the same text (build-cache.md §2.2). What COPY prints is computed, so that no layer has to be read.
 *
 * @throws EngineError `cancelled`, and what the context says of files that cannot be read.
 */
export async function predictBuildah(input: BuildahInput, options: CallOptions = {}): Promise<CacheReport> {
  return new BuildahWalk(input, options).report();
}
