import * as vscode from 'vscode';
import type { CallOptions, ProgressReport } from '../engine/index.ts';
import { sizeText } from './text.ts';

/** Work shorter than this shows no progress. */
const delayMs = 400;
const reportEveryMs = 100;

/**
 * Runs long work with a notification that can be cancelled. Cancelling aborts the signal; the engine then throws
 * `cancelled`, which the error boundary of commands ignores.
 */
export async function withProgress<T>(
  title: string,
  work: (options: Required<CallOptions>) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let report: (message: ProgressReport) => void = () => undefined;
  const result = work({
    signal: abort.signal,
    onProgress: (progress) => {
      report(progress);
    },
  });
  if (await isDoneWithin(result, delayMs)) return result;
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
    token.onCancellationRequested(() => {
      abort.abort();
    });
    report = throttled(progress);
    return result;
  });
}

/** Work with a notification from its first moment, which can be cancelled; the work says what is reported. */
export async function withCancellable<T>(
  title: string,
  work: (
    signal: AbortSignal,
    progress: vscode.Progress<{ message?: string; increment?: number }>,
  ) => Promise<T>,
): Promise<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => {
      abort.abort();
    });
    return work(abort.signal, progress);
  });
}

/** Whether work has ended by then, well or not. */
export async function isDoneWithin(result: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const done = result.then(
    () => true,
    () => true,
  );
  const isDone = await Promise.race([done, late]);
  clearTimeout(timer);
  return isDone;
}

function throttled(
  progress: vscode.Progress<{ message?: string; increment?: number }>,
): (report: ProgressReport) => void {
  let lastMs = 0;
  let percent = 0;
  return ({ done, total }) => {
    const now = Date.now();
    if (now - lastMs < reportEveryMs) return;
    lastMs = now;
    if (total === undefined || total === 0) {
      progress.report({ message: sizeText(done) });
      return;
    }
    const next = Math.min(100, Math.floor((done / total) * 100));
    progress.report({
      message: vscode.l10n.t('{0} of {1}', sizeText(done), sizeText(total)),
      increment: Math.max(0, next - percent),
    });
    percent = Math.max(percent, next);
  };
}
