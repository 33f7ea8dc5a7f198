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
