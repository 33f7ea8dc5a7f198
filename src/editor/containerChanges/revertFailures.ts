import * as vscode from 'vscode';
import type { RevertFailure } from '../../engine/index.ts';
import { countText, nameText, oneLine } from '../text.ts';

const mostNamed = 3;

/** Says what is still there, and why. */
export function tellFailures(container: string, failures: readonly RevertFailure[]): void {
  const named = failures.slice(0, mostNamed).map(({ path }) => nameText(path));
  const more = failures.length - named.length;
  const paths =
    more === 0 ? named.join(', ') : vscode.l10n.t('{0} and {1} more', named.join(', '), countText(more));
  const reason = oneLine(failures[0]?.failure.detail ?? '');
  void vscode.window.showWarningMessage(
    vscode.l10n.t(
      '{0} is reverted, but what was added is still there: {1}. Reason: {2}.',
      oneLine(container),
      paths,
      reason,
    ),
  );
}
