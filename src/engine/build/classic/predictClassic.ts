import type { CallOptions } from '../../base/progress.ts';
import type { CacheReport } from '../cache/cacheReport.ts';
import { ClassicWalk } from './classicWalk.ts';
import type { ClassicInput } from './classicInput.ts';

/**
 * What the classic builder will take from its cache: its own search over the engine's images, played beforehand
 * (build-cache.md §2.1). Exact, but for what only a registry or a stage that is made again could tell.
 *
 * @throws EngineError `cancelled`, and what the context says of files that cannot be read.
 */
export async function predictClassic(input: ClassicInput, options: CallOptions = {}): Promise<CacheReport> {
  return new ClassicWalk(input, options).report();
}
