import type { BuildkitQuestion } from './buildkitQuestion.ts';
import type { StepReason, StepState } from './cacheReport.ts';
import type { BuilderList } from './builderList.ts';
import type { ContentAnswer } from './contextView.ts';
import type { KnownCache, KnownResult } from './knownCache.ts';
import type { VertexMatch } from './matchBuild.ts';
import type { StepViews } from './stepView.ts';
import type { KeyedBuild } from './vertex.ts';

/** What a vertex's match means for the instruction that it stands for. */
export interface VertexStatus {
  readonly state: Exclude<StepState, 'no-step'>;
  readonly reason: StepReason;
  /** What was found. */
  readonly result?: KnownResult;
}

/** All that a status is concluded from. */
export interface Conclusions {
  readonly question: BuildkitQuestion;
  readonly keyed: KeyedBuild;
  readonly cache: KnownCache;
  readonly answers: ReadonlyMap<string, ContentAnswer>;
  readonly matches: readonly VertexMatch[];
  readonly views: StepViews;
  /** What the builder lists; undefined when that could not be read. */
  readonly list: BuilderList | undefined;
}
