import * as vscode from 'vscode';
import {
  EngineError,
  escapeForDisplay,
  type FailureCode,
  isEngineError,
  toEngineError,
} from '../engine/index.ts';

/** What the editor makes of one code of failure: words for people and, where VS Code has one, its own error. */
interface FailureForm {
  /** What happened, to what. */
  readonly what: (subject: string) => string;
  /** What to do next. */
  readonly next?: string;
  readonly fileSystemError?: (message: string) => vscode.FileSystemError;
}

/** The engine's failure in the form that VS Code's file service understands. */
export function toFileSystemError(error: unknown, uri: vscode.Uri): vscode.FileSystemError {
  if (error instanceof vscode.FileSystemError) return error;
  const failure = toEngineError(error, uri.path);
  const make = forms()[failure.code].fileSystemError ?? unavailable;
  return make(failureText(failure));
}

/** One or two sentences: what, on which file, why, and what next. */
export function failureText(error: unknown): string {
  const failure = toEngineError(error, 'Lamina');
  const form = forms()[failure.code];
  const subject = shortened(failure.subject);
  const reason = vscode.l10n.t(
    '{0} Reason: {1}.',
    form.what(subject),
    shortened(failure.detail).replace(/\.$/, ''),
  );
  return form.next === undefined ? reason : `${reason} ${form.next}`;
}

export interface ShowFailureOptions {
  readonly log: vscode.LogOutputChannel;
  readonly retry?: () => void;
}

/** Shows a failure with *Retry* and *Show Log*. A cancelled call is silent. */
export async function showFailure(error: unknown, { log, retry }: ShowFailureOptions): Promise<void> {
  if (isCancelled(error)) return;
  logFailure(error, log);
  const again = vscode.l10n.t('Retry');
  const showLog = vscode.l10n.t('Show Log');
  const buttons = retry === undefined ? [showLog] : [again, showLog];
  const chosen = await vscode.window.showErrorMessage(failureText(error), ...buttons);
  if (chosen === again) retry?.();
  if (chosen === showLog) log.show();
}

/** The failure with its chain of causes, for people who look for the reason. */
export function logFailure(error: unknown, log: vscode.LogOutputChannel): void {
  const lines: string[] = [];
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    const code = cause instanceof EngineError ? `[${cause.code}] ` : '';
    lines.push(escapeForDisplay(`${code}${cause.message}`));
  }
  // The stack of an error that is not the engine's own shows where to look.
  if (error instanceof Error && !isEngineError(error)) lines.push(error.stack ?? '');
  log.error(lines.length > 0 ? lines.join('\n  caused by: ') : String(error));
}

export function isCancelled(error: unknown): boolean {
  return error instanceof vscode.CancellationError || isEngineError(toEngineError(error, ''), 'cancelled');
}

function forms(): Record<FailureCode, FailureForm> {
  const readAgain = vscode.l10n.t('Refresh the view to read it again.');
  const damaged = vscode.l10n.t('Run “Lamina: Verify” to see what is damaged, or fetch the image again.');
  return {
    'not-found': {
      what: (subject) => vscode.l10n.t('{0} was not found.', subject),
      next: vscode.l10n.t('If it was moved, open it at its new place.'),
      fileSystemError: (message) => vscode.FileSystemError.FileNotFound(message),
    },
    'already-exists': {
      what: (subject) => vscode.l10n.t('{0} exists already.', subject),
      next: vscode.l10n.t('Choose another name or another place.'),
      fileSystemError: (message) => vscode.FileSystemError.FileExists(message),
    },
    ambiguous: {
      what: (subject) => vscode.l10n.t('{0} could mean several images.', subject),
      next: vscode.l10n.t('Choose one of them.'),
    },
    'invalid-reference': {
      what: (subject) => vscode.l10n.t('{0} is not a valid image name.', subject),
      next: vscode.l10n.t('A name looks like registry/name:tag, in lower case.'),
    },
    'invalid-path': {
      what: (subject) => vscode.l10n.t('{0} is not a path in an image.', subject),
      fileSystemError: (message) => vscode.FileSystemError.FileNotFound(message),
    },
    'invalid-archive': {
      what: (subject) => vscode.l10n.t('{0} is not a container image.', subject),
      next: vscode.l10n.t('Lamina opens archives of docker save and podman save, and OCI layouts.'),
    },
    'invalid-manifest': {
      what: (subject) => vscode.l10n.t('The manifest of {0} cannot be read.', subject),
      next: damaged,
    },
    'invalid-config': {
      what: (subject) => vscode.l10n.t('The configuration of {0} cannot be read.', subject),
      next: damaged,
    },
    'digest-mismatch': {
      what: (subject) => vscode.l10n.t('The bytes of {0} are not what its digest names.', subject),
      next: damaged,
    },
    'size-mismatch': {
      what: (subject) => vscode.l10n.t('{0} has another size than its manifest says.', subject),
      next: damaged,
    },
    truncated: { what: (subject) => vscode.l10n.t('{0} ends too early.', subject), next: damaged },
    damaged: { what: (subject) => vscode.l10n.t('{0} is damaged.', subject), next: damaged },
    'limit-exceeded': {
      what: (subject) => vscode.l10n.t('{0} goes beyond a safety limit.', subject),
      next: vscode.l10n.t('Lamina stopped reading it to protect this machine.'),
    },
    unsupported: { what: (subject) => vscode.l10n.t('Lamina cannot do this with {0}.', subject) },
    'not-a-file': {
      what: (subject) => vscode.l10n.t('{0} is not a file.', subject),
      fileSystemError: (message) => vscode.FileSystemError.FileIsADirectory(message),
    },
    'not-a-directory': {
      what: (subject) => vscode.l10n.t('{0} is not a directory.', subject),
      fileSystemError: (message) => vscode.FileSystemError.FileNotADirectory(message),
    },
    'symlink-loop': {
      what: (subject) => vscode.l10n.t('The symbolic links at {0} lead in a circle.', subject),
      fileSystemError: (message) => vscode.FileSystemError.FileNotFound(message),
    },
    'too-large': {
      what: (subject) => vscode.l10n.t('{0} is too large for an editor.', subject),
      next: vscode.l10n.t('Save it with “Save As…”, or raise the setting “lamina.files.maxSize”.'),
    },
    'read-only': {
      what: (subject) => vscode.l10n.t('{0} cannot be changed.', subject),
      next: vscode.l10n.t('The layers of an image never change.'),
      fileSystemError: (message) => vscode.FileSystemError.NoPermissions(message),
    },
    changed: {
      what: (subject) => vscode.l10n.t('{0} changed since it was opened.', subject),
      next: readAgain,
    },
    busy: {
      what: (subject) => vscode.l10n.t('{0} is in use by another window.', subject),
      next: vscode.l10n.t('Try again in a moment.'),
    },
    denied: {
      what: (subject) => vscode.l10n.t('{0} may not be read or written.', subject),
      next: vscode.l10n.t('Check the permissions of the file.'),
      fileSystemError: (message) => vscode.FileSystemError.NoPermissions(message),
    },
    'no-space': {
      what: (subject) => vscode.l10n.t('There is no room to write {0}.', subject),
      next: vscode.l10n.t('Free some disk space.'),
    },
    io: { what: (subject) => vscode.l10n.t('Reading or writing {0} failed.', subject) },
    unreachable: {
      what: (subject) => vscode.l10n.t('{0} could not be reached.', subject),
      next: vscode.l10n.t('See that it is running and that the network reaches it.'),
    },
    unauthorized: {
      what: (subject) => vscode.l10n.t('{0} did not accept the credentials.', subject),
      next: vscode.l10n.t('Sign in to it and try again.'),
      fileSystemError: (message) => vscode.FileSystemError.NoPermissions(message),
    },
    'rate-limited': {
      what: (subject) => vscode.l10n.t('{0} takes no more requests for now.', subject),
      next: vscode.l10n.t('Wait, or sign in for a higher limit.'),
    },
    refused: {
      what: (subject) => vscode.l10n.t('{0} refused.', subject),
    },
    insecure: {
      what: (subject) => vscode.l10n.t('Lamina stopped before {0} could do harm.', subject),
      next: vscode.l10n.t('Ask whoever runs the registry; nothing was sent to the other place.'),
    },
    cancelled: { what: (subject) => vscode.l10n.t('{0} was cancelled.', subject) },
    internal: {
      what: (subject) => vscode.l10n.t('Something went wrong inside Lamina with {0}.', subject),
      next: vscode.l10n.t('The log says more; please report it.'),
    },
  };
}

function unavailable(message: string): vscode.FileSystemError {
  return vscode.FileSystemError.Unavailable(message);
}

function shortened(text: string): string {
  const shown = escapeForDisplay(text);
  return shown.length <= 300 ? shown : `${shown.slice(0, 299)}…`;
}
