import type { FailureCode } from './errors.ts';

/** How far a long call has come. Called often; listeners throttle. */
export interface ProgressReport {
  /** What is being worked on: a layer's digest, a file. */
  readonly subject: string;
  /** Work done so far, in bytes. */
  readonly done: number;
  /** All the work, in bytes, where it is known. */
  readonly total?: number;
  /** A file that shows what there is so far; the receiver removes it. */
  readonly preview?: string;
  /** Nothing moves for now. */
  readonly wait?: Wait;
  /** A part of the work has ended, and others go on. */
  readonly part?: EndedPart;
}

/** A part of some work that ended before the whole: where its result lies, or why there is none. */
export interface EndedPart {
  readonly name: string;
  readonly file?: string;
  /** Of the file's bytes, where they were hashed. */
  readonly digest?: string;
  /** Bytes of the file. */
  readonly size?: number;
  readonly failure?: { readonly code: FailureCode; readonly subject: string; readonly detail: string };
}

/** Why nothing moves for a while: a rate limit, or an error that may pass. */
export interface Wait {
  readonly reason: 'rate-limited' | 'unavailable';
  /** Who asked for it. */
  readonly host: string;
  readonly seconds: number;
}

export type OnProgress = (report: ProgressReport) => void;

/** What every long call takes last. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}
