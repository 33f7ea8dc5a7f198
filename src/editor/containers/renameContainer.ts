import * as vscode from 'vscode';
import { containerIdsOf, pickContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { oneLine } from '../text.ts';
import { askForContainerName, complaintAboutName } from './createContainer.ts';

/** Gives a container another name. Its files and tabs stay. */
export async function renameContainer(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Rename Container');
  const [id = await pickContainer(context, title)] = containerIdsOf(args);
  if (id === undefined) return;
  const { containers } = await context.containers.stored();
  const stored = containers.find((each) => each.id === id);
  if (stored === undefined) await renameInEngine(context, id, title);
  else await renameStored(context, stored, title);
}

async function renameStored(
  context: EditorContext,
  { id, name }: { readonly id: string; readonly name: string },
  title: string,
): Promise<void> {
  const wanted = await askForContainerName(context, { title, prompt: promptFor(name), value: name });
  if (wanted !== undefined && wanted !== name) await context.engine.containers.rename(id, wanted);
}

/** The engine's event draws the line anew. */
async function renameInEngine({ containers }: EditorContext, id: string, title: string): Promise<void> {
  const { name, place } = await containers.byId(id);
  if (place.kind !== 'engine') return;
  const wanted = await vscode.window.showInputBox({
    title,
    prompt: promptFor(name),
    value: name,
    validateInput: (text) => complaintAboutName(text.trim()),
  });
  if (wanted !== undefined && wanted.trim() !== name)
    await place.engine.client.renameContainer(id, wanted.trim());
}

function promptFor(name: string): string {
  return vscode.l10n.t('Another name for {0}', oneLine(name));
}
