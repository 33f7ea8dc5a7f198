import { type FailureCode, type Problem, type ProblemCode, toEngineError } from '../engine/index.ts';
import { UsageError } from './usageError.ts';

/** What the process ends with (the table of "Behaviour" in the command line's description). */
export const exitCode = {
  done: 0,
  failed: 1,
  wrongUse: 2,
  notThere: 3,
  damaged: 4,
  unreachable: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCode.wrongUse;
  const { code, subject } = toEngineError(error, '');
  return isOfEngine(subject) && engineRefusals.has(code) ? exitCode.unreachable : codes[code];
}

/** Failures of a container engine name its endpoint (see `EngineClient`). */
function isOfEngine(subject: string): boolean {
  return /^(?:unix|npipe|tcp|ssh):\/\//.test(subject);
}

/** What means a closed door when an engine is spoken to, and something else when a file is read. */
const engineRefusals: ReadonlySet<FailureCode> = new Set<FailureCode>(['denied', 'unsupported', 'truncated']);

/** `damaged` when one of the problems means that something could not be read or is not what it claims to be. */
export function exitCodeOfProblems(problems: readonly Problem[]): ExitCode {
  return problems.some(({ code }) => damage.has(code)) ? exitCode.damaged : exitCode.done;
}

const codes: Record<FailureCode, ExitCode> = {
  'not-found': exitCode.notThere,
  'symlink-loop': exitCode.notThere,
  'already-exists': exitCode.failed,
  'read-only': exitCode.failed,
  'too-large': exitCode.failed,
  busy: exitCode.failed,
  denied: exitCode.failed,
  'no-space': exitCode.failed,
  io: exitCode.failed,
  internal: exitCode.failed,
  ambiguous: exitCode.wrongUse,
  'invalid-reference': exitCode.wrongUse,
  'invalid-path': exitCode.wrongUse,
  'not-a-file': exitCode.wrongUse,
  'not-a-directory': exitCode.wrongUse,
  'invalid-archive': exitCode.damaged,
  'invalid-manifest': exitCode.damaged,
  'invalid-config': exitCode.damaged,
  'digest-mismatch': exitCode.damaged,
  'size-mismatch': exitCode.damaged,
  truncated: exitCode.damaged,
  damaged: exitCode.damaged,
  'limit-exceeded': exitCode.damaged,
  unsupported: exitCode.damaged,
  changed: exitCode.damaged,
  unreachable: exitCode.unreachable,
  unauthorized: exitCode.unreachable,
  'rate-limited': exitCode.unreachable,
  refused: exitCode.unreachable,
  insecure: exitCode.unreachable,
  cancelled: exitCode.interrupted,
};

/** What leaves the answer whole is no damage: what engines read differently, and claims that the bytes belie. */
const damage: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'tar-damaged',
  'blob-missing',
  'blob-damaged',
  'blob-truncated',
  'digest-mismatch',
  'diffid-mismatch',
  'manifest-missing',
  'manifest-invalid',
  'manifest-ambiguous',
  'config-missing',
  'config-invalid',
  'encrypted-layer',
  'archive-truncated',
  'archive-entry-escapes',
  'limit-exceeded',
]);
