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
  /** Before anything was read of its context. Milliseconds since 1970, by the builder's clock. */
  readonly startedAt?: number;
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
  /** Of a context. */
  readonly sent?: SentContext;
  /** What the step made of it, where that was exported. */
  readonly layer?: StepLayer;
  /** All layers of the result that ends with it, lowest first. */
  readonly chain?: readonly StepLayer[];
}

/** What a client was asked for: `context`, or the name of another directory; and the patterns of what it left out. */
export interface SentContext {
  readonly name: string;
  readonly ignored: readonly string[];
}
