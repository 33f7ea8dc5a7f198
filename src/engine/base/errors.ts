/**
 * What went wrong, from a closed list. A code exists when some caller acts on it. Of an engine or registry:
 * `unreachable` (nobody answers, or the connection broke), `unauthorized` (no credentials, or refused ones), `refused`
 * (it said no, for another reason), `insecure` (one of our own safety rules said no).
 */
export type FailureCode =
  | 'not-found'
  | 'already-exists'
  | 'ambiguous'
  | 'invalid-reference'
  | 'invalid-path'
  | 'invalid-archive'
  | 'invalid-manifest'
  | 'invalid-config'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'truncated'
  | 'damaged'
  | 'limit-exceeded'
  | 'unsupported'
  | 'not-a-file'
  | 'not-a-directory'
  | 'symlink-loop'
  | 'too-large'
  | 'read-only'
  | 'changed'
  | 'busy'
  | 'denied'
  | 'no-space'
  | 'io'
  | 'unreachable'
  | 'unauthorized'
  | 'rate-limited'
  | 'refused'
  | 'insecure'
  | 'cancelled'
  | 'internal';

/**
 * The one error the engine throws.
 *
 * @param subject what the failure is about: a digest, a path, a name. Hostile text is possible; hosts escape it.
 * @param detail the reason in plain words, without advice; hosts add that.
 */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: FailureCode;
  readonly subject: string;
  readonly detail: string;

  constructor(code: FailureCode, subject: string, detail: string, options?: { readonly cause?: unknown }) {
    super(`${subject}: ${detail}`, options);
    this.code = code;
    this.subject = subject;
    this.detail = detail;
  }
}

/** Whether the error is an {@link EngineError}, with the given code when one is named. */
export function isEngineError(error: unknown, code?: FailureCode): error is EngineError {
  return error instanceof EngineError && (code === undefined || error.code === code);
}

/** The failure of a system call as an EngineError; an EngineError passes unchanged. */
export function toEngineError(error: unknown, subject: string): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new EngineError('cancelled', subject, 'cancelled', { cause: error });
  const detail = error instanceof Error ? error.message : String(error);
  return new EngineError(systemCodes.get(systemCode(error)) ?? 'io', subject, detail, { cause: error });
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const systemCodes = new Map<string, FailureCode>([
  ['ENOENT', 'not-found'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EROFS', 'denied'],
  ['ENOSPC', 'no-space'],
  ['EDQUOT', 'no-space'],
  ['EISDIR', 'not-a-file'],
  ['ENOTDIR', 'not-a-directory'],
  ['EEXIST', 'already-exists'],
  ['ABORT_ERR', 'cancelled'],
]);
