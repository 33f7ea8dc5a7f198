import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { storeLocation } from '../openedImages.ts';
import { oneLine, pickText, referenceTitle } from '../text.ts';
import { askForName } from '../imageNames.ts';
import { chooseStored, type StoredEntry, storedTitle } from './storedImages.ts';

/** Gives an image of the store one more name. */
export async function tagImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Tag');
  const [entry] = await chooseStored(context, args, title);
  if (entry === undefined) return;
  const name = await askForName(
    title,
    vscode.l10n.t('A new name for {0}', storedTitle(entry)),
    entry.names[0] ?? '',
  );
  if (name === undefined) return;
  await context.engine.store.tag(name, entry.target);
  await context.images.reload(storeLocation);
}

/** Takes names, or images without a name, out of the store. What they needed stays until garbage is collected. */
export async function removeImages(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Remove');
  const entries = await chooseStored(context, args, title);
  const [first] = entries;
  if (first === undefined) return;
  const names =
    entries.length === 1 ? await namesToRemove(first, title) : entries.flatMap((entry) => entry.names);
  if (names === undefined) return;
  const untagged = entries.filter((entry) => entry.names.length === 0);
  if (!(await isConfirmed([...names, ...untagged.map(storedTitle)]))) return;
  for (const name of names) await context.engine.store.remove(name);
  for (const { target } of untagged) await context.engine.store.removeTarget(target);
  await context.images.reload(storeLocation);
}

/** Which of several names are meant; undefined when called off. */
async function namesToRemove({ names }: StoredEntry, title: string): Promise<readonly string[] | undefined> {
  if (names.length <= 1) return names;
  const items = names.map((name) => ({
    label: pickText(referenceTitle(name) ?? oneLine(name)),
    picked: true,
    name,
  }));
  const placeHolder = vscode.l10n.t('Choose the names to remove');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, canPickMany: true });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ name }) => name);
}

async function isConfirmed(names: readonly string[]): Promise<boolean> {
  const remove = vscode.l10n.t('Remove');
  const shown = names.map((name) => referenceTitle(name) ?? '').join(', ');
  const message = vscode.l10n.t('Remove {0} from the Lamina store?', shown);
  const detail = vscode.l10n.t('Its layers stay on disk until “Lamina: Collect Garbage” takes them away.');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}
