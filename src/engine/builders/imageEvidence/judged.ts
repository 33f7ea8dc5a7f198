import type { StepFinding } from '../../build/cache/cacheGraph.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import type { PlannedStep } from '../../build/plan/buildPlan.ts';
import type { Sha256 } from '../../build/sha256.ts';
import type { BaseChange } from './baseChange.ts';
import type { HistoryEntry } from './imageHistory.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import type { PastState } from './pastState.ts';

/** What is found of a step. */
export type Finding = Omit<StepFinding, 'vertex'>;

/** What became of a step: as in the image, with digests of what it reads of a context, by selection; or not so. */
export type Judged =
  | { readonly kind: 'same'; readonly content: ReadonlyMap<string, Sha256> }
  | { readonly kind: 'finding'; readonly finding: Finding };

/** A step, its line in a history, and the entry that may be of it. */
export interface JudgedStep {
  readonly step: PlannedStep;
  readonly line: HistoryLine;
  readonly entry: HistoryEntry & { readonly layer: number };
}

/** What is known besides when a step is judged. */
export interface Surroundings {
  readonly question: ImageQuestion;
  readonly past: PastState;
  readonly baseChange: BaseChange | undefined;
  /** Whether the variables in the history can be told apart. */
  readonly isUnderstood: boolean;
  /** Whether histories of that BuildKit have the flags of COPY. */
  readonly showsFlags: boolean;
}

export const same: Judged = { kind: 'same', content: new Map() };

export function found(state: Finding['state'], reason: StepReason): Judged {
  return { kind: 'finding', finding: { state, reason } };
}
