import * as vscode from 'vscode';
import { chooseContainer, containersOfArguments } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { oneLine, pickText } from '../text.ts';
import type { TrackedContainers } from './trackedContainers.ts';

/** Shows containers in the view *Source Control*, until they are gone or a person stops that. */
export async function trackContainers(
  context: EditorContext,
  tracked: TrackedContainers,
  args: readonly unknown[],
): Promise<void> {
  const given = await containersOfArguments(context, args);
  const chosen =
    given.length > 0 ? given : [await chooseContainer(context, [], vscode.l10n.t('Track in Source Control'))];
  for (const choice of chosen) if (choice !== undefined) await tracked.track(choice.container);
  if (chosen.some((choice) => choice !== undefined))
    await vscode.commands.executeCommand('workbench.view.scm');
}

export async function untrackContainers(
  context: EditorContext,
  tracked: TrackedContainers,
  args: readonly unknown[],
): Promise<void> {
  const given = await containersOfArguments(context, args);
  const ids = given.length > 0 ? given.map(({ container }) => container.id) : await pickTracked(tracked);
  for (const id of ids) await tracked.untrack(id);
}

async function pickTracked({ all }: TrackedContainers): Promise<readonly string[]> {
  const [only] = all;
  if (all.length <= 1) return only === undefined ? [] : [only.id];
  const items = all.map(({ id, name }) => ({ label: pickText(oneLine(name)), id }));
  const title = vscode.l10n.t('Stop Tracking in Source Control');
  const chosen = await vscode.window.showQuickPick(items, { title, canPickMany: true });
  return (chosen ?? []).map(({ id }) => id);
}
