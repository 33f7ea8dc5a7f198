import { EngineError } from '../../base/errors.ts';
import type { LayerPath } from '../../base/layerPath.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import type { SourceFilter } from '../contentKey/matchedContent.ts';
import { matchedSource } from '../contentKey/matchedSource.ts';

/** A source as it crosses to a worker. */
export interface PlainSource {
  readonly path: LayerPath;
  /** Of one with wildcards or filters; there may be none in it. */
  readonly filter?: SourceFilter;
}

export function toPlainSources(sources: readonly ContentSource[]): readonly PlainSource[] {
  return sources.map((source) => {
    if (!('isWanted' in source)) return { path: source.path };
    if (source.filter !== undefined) return { path: source.path, filter: source.filter };
    throw new EngineError('internal', source.path, 'what the filter was made of is not known');
  });
}

export function fromPlainSources(sources: readonly PlainSource[]): readonly ContentSource[] {
  return sources.map(({ path, filter }) => (filter === undefined ? { path } : matchedSource(path, filter)));
}
