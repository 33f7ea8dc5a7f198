import * as vscode from 'vscode';
import { parentPath } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { fileOfArguments } from '../fileChoice.ts';
import { chooseImage } from '../imageChoice.ts';
import { pickPath } from '../pathPicker.ts';
import { imageTitle } from '../text.ts';
import { rootfsUri } from '../uri.ts';

/** Goes to a path that is typed, with what is there offered on the way. */
export async function goToPath(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Go to Path in Image');
  const opened = await chooseImage(context, args, title);
  if (opened === undefined) return;
  const file = await fileOfArguments(context, args);
  const choice = await pickPath(
    context,
    opened,
    `${title} \u2013 ${imageTitle(opened.image)}`,
    file && parentPath(file.path),
  );
  if (choice === undefined) return;
  const uri = rootfsUri(opened.image, choice.entry.path);
  await vscode.commands.executeCommand(choice.isToReveal ? 'lamina.revealInImages' : 'lamina.openFile', uri);
}
