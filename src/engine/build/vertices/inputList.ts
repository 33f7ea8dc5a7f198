import { type LayerPath, parseLayerPath } from '../../base/layerPath.ts';
import type { ContentSelection, VertexInput } from '../cache/vertex.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import type { SourceFilter } from '../contentKey/matchedContent.ts';
import { matchedSource } from '../contentKey/matchedSource.ts';
import { hasWildcard } from '../contentKey/goMatch.ts';
import type { Sha256 } from '../sha256.ts';
import type { VertexList } from './vertexList.ts';

type Draft = { -readonly [K in keyof VertexInput]: VertexInput[K] };

/** The file systems that one operation works with: each is there once. */
export class InputList {
  readonly #list: VertexList;
  readonly #inputs: Draft[] = [];

  constructor(list: VertexList) {
    this.#list = list;
  }

  get length(): number {
    return this.#inputs.length;
  }

  get inputs(): readonly VertexInput[] {
    return this.#inputs;
  }

  /** @returns its number; that of nothing is −1. */
  add(vertex: number | undefined): number {
    if (vertex === undefined) return -1;
    const known = this.#inputs.findIndex(
      (input) => input.vertex !== undefined && this.#list.isSame(input.vertex, vertex),
    );
    return known >= 0 ? known : this.#inputs.push({ vertex, output: 0, selector: '' }) - 1;
  }

  select(input: number, selector: string, content: ContentSelection | Sha256 | undefined): void {
    const draft = this.#inputs[input];
    if (draft === undefined) return;
    draft.selector = selector;
    if (typeof content === 'string') draft.contentDigest = content;
    else if (content !== undefined) draft.content = content;
  }
}

/** Equal for the same files of the same place. */
export function selectionOf(
  origin: ContentSelection['origin'],
  sources: readonly ContentSource[],
): ContentSelection {
  const parts = sources.map((source) => {
    const filter = 'isWanted' in source ? source.filter : undefined;
    return [source.path, 'isWanted' in source, filter?.include ?? [], filter?.exclude ?? []];
  });
  const from = origin.kind === 'context' ? '' : origin.kind === 'stage' ? origin.index : origin.name;
  return { id: JSON.stringify([origin.kind, from, parts]), origin, sources };
}

/**
 * A source as BuildKit reads it.
 *
 * @param path absolute, as text.
 * @throws EngineError `invalid-path` for what no file can be called, and for patterns that builders refuse.
 */
export function sourceOf(path: string, filter: SourceFilter = {}, allowsWildcards = true): ContentSource {
  const place: LayerPath = parseLayerPath(path);
  const isFiltered = (filter.include?.length ?? 0) + (filter.exclude?.length ?? 0) > 0;
  const isMatched = isFiltered || (allowsWildcards && hasWildcard(path));
  return isMatched ? matchedSource(place, filter) : { path: place };
}
