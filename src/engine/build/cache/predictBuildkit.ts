import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild, BuildkitQuestion, BuildkitResult } from './buildkitQuestion.ts';
import type { SeenBuild } from './cacheGraph.ts';
import type { CacheReport } from './cacheReport.ts';

/**
 * What the next build by BuildKit will take from its cache. Pure but for the questions that it has for the contexts.
 *
 * @throws EngineError `cancelled`, and what a context says.
 */
export function predictBuildkit(_question: BuildkitQuestion, _options?: CallOptions): Promise<CacheReport> {
  return Promise.reject(new Error('not yet'));
}

/**
 * The keys of a build that is made or was made now, for the ledger: what the contexts answer has to be what was sent.
 *
 * @throws EngineError `cancelled`, and what a context says.
 */
export function recordBuildkit(
  _build: BuildkitBuild,
  _result: BuildkitResult,
  _options?: CallOptions,
): Promise<SeenBuild> {
  return Promise.reject(new Error('not yet'));
}
