import * as vscode from 'vscode';
import { baseName, EngineError, type RootfsEntry, toText } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseFile, entryOf, type FileChoice } from '../fileChoice.ts';
import { imageTitle, nameText } from '../text.ts';
import { saveBytes, saveInFolder } from './saveTo.ts';

/** Saves a file, or a directory with all below it, where a person chooses. */
export async function saveFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choice = await chooseFile(context, args, vscode.l10n.t('Save File or Directory As'));
  if (choice === undefined) return;
  const { engine, log } = context;
  const { opened, path, upTo } = choice;
  const entry = await savedEntry(context, choice);
  if (entry.type === 'file')
    await saveBytes(path, toText(baseName(path)), (options) =>
      engine.read(opened.image, entry, undefined, options),
    );
  else
    await saveInFolder(log, path, imageTitle(opened.image), (folder, options) =>
      engine.saveAs(opened.image, path, folder, upTo === undefined ? options : { ...options, upTo }),
    );
}

async function savedEntry(context: EditorContext, choice: FileChoice): Promise<RootfsEntry> {
  const view = await context.engine.rootfs(choice.opened.image, choice.upTo);
  const entry = view.resolve(choice.path) ?? (await entryOf(context, choice));
  if (entry === undefined)
    throw new EngineError('not-found', nameText(choice.path), 'the image does not have it');
  return entry;
}
