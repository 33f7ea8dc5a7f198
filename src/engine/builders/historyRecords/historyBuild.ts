import type { SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { ReadSource } from './keyedStep.ts';

/** A build as BuildKit's history tells it. */
export interface HistoryBuild {
  /** Exact in its operations and in what the steps stand on; links by content are missing. */
  readonly seen: SeenBuild;
  /** What the record does not tell: the content that steps read. Their layers may show it. */
  readonly gaps: readonly ContentGap[];
  /** What was built: the request's attributes, such as `target` and `build-arg:NAME`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Digests of the images that it gave. */
  readonly images: readonly string[];
}

/** An input of a step that would also be found by its content, which nobody tells. */
export interface ContentGap {
  /** Position in `seen.records` of the step that reads, and which of its inputs it is. */
  readonly record: number;
  readonly input: number;
  /** Position in `seen.steps`. */
  readonly step?: number;
  readonly origin: 'context' | 'stage' | 'image' | 'remote';
  readonly sources: readonly ReadSource[];
  /** What the step made of it, where that was exported. */
  readonly layer?: StepLayer;
}
