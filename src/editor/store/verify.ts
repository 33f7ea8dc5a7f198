import * as vscode from 'vscode';
import type { Problem } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { imageOfArguments, pickImage } from '../imageChoice.ts';
import { isNode } from '../nodes.ts';
import { problemText } from '../problemTexts.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, problemCountText } from '../text.ts';

/** Checks every digest of an image, or of the whole store, and says what does not fit. */
export async function verify(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const [first] = args;
  if (isNode(first) && first.kind === 'source' && first.isStore) {
    await verifyStore(context);
    return;
  }
  const title = vscode.l10n.t('Verify');
  const opened = (await imageOfArguments(context, args)) ?? (await pickImage(context, title));
  if (opened === undefined) return;
  const name = imageTitle(opened.image);
  const problems = await withProgress(vscode.l10n.t('Verifying {0}', name), (options) =>
    context.engine.verify(opened.image, options),
  );
  await tell(context, name, problems);
}

async function verifyStore(context: EditorContext): Promise<void> {
  const name = vscode.l10n.t('The Lamina store');
  const problems = await withProgress(vscode.l10n.t('Verifying the Lamina store'), (options) =>
    context.engine.store.verify(options),
  );
  await tell(context, name, problems);
}

async function tell({ log }: EditorContext, name: string, problems: readonly Problem[]): Promise<void> {
  if (problems.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: every digest fits.', name));
    return;
  }
  for (const problem of problems) log.warn(`${name}: ${problemText(problem)}`);
  const showLog = vscode.l10n.t('Show Log');
  const [first] = problems;
  const message = vscode.l10n.t(
    '{0}: {1}. {2}',
    name,
    problemCountText(problems.length),
    first ? problemText(first) : '',
  );
  if ((await vscode.window.showWarningMessage(message, showLog)) === showLog) log.show();
}
