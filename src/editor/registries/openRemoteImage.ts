import * as vscode from 'vscode';
import { familiarName, normalizeName } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { oneLine } from '../text.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import { referenceFor, rememberRepository } from './remoteReference.ts';

/** Shows an image where it is: manifest and history at once, layers when they are opened. Nothing is pulled. */
export async function openRemoteImage(
  context: EditorContext,
  connected: ConnectedRegistries,
  args: readonly unknown[],
): Promise<void> {
  const title = vscode.l10n.t('Open Image from Registry');
  const prompt = vscode.l10n.t('The image is read where it is; nothing is pulled.');
  const reference = await referenceFor(context, args, title, prompt);
  if (reference === undefined) return;
  const location = `docker://${normalizeName(reference)}`;
  const opened = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Window,
      title: vscode.l10n.t('Opening {0}', oneLine(familiarName(reference))),
    },
    () => context.images.open(location),
  );
  await rememberRepository(connected, reference);
  const [first] = opened;
  if (first !== undefined && 'image' in first)
    await vscode.commands.executeCommand('lamina.revealInImages', { image: first.image.id });
}
