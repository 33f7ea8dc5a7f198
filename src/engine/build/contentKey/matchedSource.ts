import { EngineError } from '../../base/errors.ts';
import type { LayerPath } from '../../base/layerPath.ts';
import { type IgnoreRules, ignoreRules } from '../ignorefile/ignoreRules.ts';
import type { MatchedSource, SourceFilter } from './matchedContent.ts';

/**
 * A source with wildcards or with filters.
 *
 * @param path as written, made absolute and clean.
 * @throws EngineError `invalid-path` for a pattern that builders refuse.
 */
export function matchedSource(path: LayerPath, filter: SourceFilter = {}): MatchedSource {
  const include = filter.include?.length ? rulesOf(filter.include) : undefined;
  const exclude = filter.exclude?.length ? rulesOf(filter.exclude) : undefined;
  return {
    path,
    filter,
    isWanted: (below) =>
      (include === undefined || isAmong(include, below)) &&
      (exclude === undefined || !isAmong(exclude, below)),
  };
}

/** No pattern matches the source itself. */
function isAmong(rules: IgnoreRules, below: string): boolean {
  return below !== '' && rules.isIgnored(below);
}

function rulesOf(patterns: readonly string[]): IgnoreRules {
  const parsed = ignoreRules(patterns);
  if (parsed.kind === 'rules') return parsed.rules;
  throw new EngineError('invalid-path', patterns[parsed.index] ?? '', parsed.failure);
}
