import { EngineError, type FailureCode, toEngineError } from './errors.ts';
import type { ProgressReport } from './progress.ts';

/**
 * The jobs a worker offers, by name. Requests and results are plain values; a job that gives bytes as a stream has
 * `AsyncIterable<Uint8Array>` as its result.
 */
export type JobTable<Jobs> = {
  readonly [Name in keyof Jobs]: { readonly request: unknown; readonly result: unknown };
};

/** What a worker is sent. */
export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly job: string; readonly request: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  /** The receiver of a stream has taken one chunk. */
  | { readonly kind: 'taken'; readonly id: number };

/** What a worker sends. Each `run` is answered by one `done` or `failed`, also when it was cancelled. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly report: ProgressReport }
  | { readonly kind: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An EngineError as it crosses process borders. */
export interface Failure {
  readonly code: FailureCode;
  readonly subject: string;
  readonly detail: string;
}

/** Chunks a stream may be ahead of its receiver. */
export const chunksAhead = 4;

export function toFailure(error: unknown, subject: string): Failure {
  const isSystems = error instanceof Error && 'code' in error && !(error instanceof EngineError);
  const failure =
    isSystems || error instanceof EngineError ? toEngineError(error, subject) : defect(error, subject);
  return { code: failure.code, subject: failure.subject, detail: failure.detail };
}

/** What is neither ours nor the system's is a defect of this program. */
function defect(error: unknown, subject: string): EngineError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new EngineError('internal', subject, detail);
}

export function fromFailure({ code, subject, detail }: Failure): EngineError {
  return new EngineError(code, subject, detail);
}
