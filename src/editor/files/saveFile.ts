import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import { baseName, EngineError, type Problem, type RootfsEntry, toText } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseFile, entryOf, type FileChoice } from '../fileChoice.ts';
import { problemText } from '../problemTexts.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, nameText } from '../text.ts';

/** Saves a file, or a directory with all below it, where a person chooses. */
export async function saveFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choice = await chooseFile(context, args, vscode.l10n.t('Save File or Directory As'));
  if (choice === undefined) return;
  const entry = await savedEntry(context, choice);
  if (entry.type === 'file') await saveOne(context, choice, entry);
  else await saveTree(context, choice);
}

async function savedEntry(context: EditorContext, choice: FileChoice): Promise<RootfsEntry> {
  const view = await context.engine.rootfs(choice.opened.image, choice.upTo);
  const entry = view.resolve(choice.path) ?? (await entryOf(context, choice));
  if (entry === undefined)
    throw new EngineError('not-found', nameText(choice.path), 'the image does not have it');
  return entry;
}

/** One file under the name that was chosen; written beside it and renamed when complete. */
async function saveOne(
  { engine }: EditorContext,
  { opened, path }: FileChoice,
  entry: RootfsEntry,
): Promise<void> {
  const target = await vscode.window.showSaveDialog({ defaultUri: defaultUri(toText(baseName(path))) });
  if (target === undefined) return;
  const draft = `${target.fsPath}.lamina-${process.pid}-${Date.now()}`;
  await withProgress(vscode.l10n.t('Saving {0}', nameText(path)), async (options) => {
    try {
      const bytes = engine.read(opened.image, entry, undefined, options);
      await pipeline(Readable.from(bytes), createWriteStream(draft, { flags: 'wx' }), {
        signal: options.signal,
      });
      await rename(draft, target.fsPath);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  });
  await offerToShow(vscode.l10n.t('Saved {0}.', nameText(path)), target);
}

/** A directory, or a link, device and the like, into a folder that was chosen. */
async function saveTree(context: EditorContext, { opened, path, upTo }: FileChoice): Promise<void> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Save Here'),
      title: vscode.l10n.t('Save {0} of {1}', nameText(path), imageTitle(opened.image)),
    })) ?? [];
  if (folder === undefined) return;
  const leftOut = await withProgress(vscode.l10n.t('Saving {0}', nameText(path)), (options) =>
    context.engine.saveAs(
      opened.image,
      path,
      folder.fsPath,
      upTo === undefined ? options : { ...options, upTo },
    ),
  );
  if (leftOut.length === 0) await offerToShow(vscode.l10n.t('Saved {0}.', nameText(path)), folder);
  else await tellLeftOut(context, leftOut);
}

async function tellLeftOut({ log }: EditorContext, leftOut: readonly Problem[]): Promise<void> {
  for (const problem of leftOut) log.warn(problemText(problem));
  const showLog = vscode.l10n.t('Show Log');
  const message = vscode.l10n.t('Saved, but {0} entries were left out. The log says which.', leftOut.length);
  if ((await vscode.window.showWarningMessage(message, showLog)) === showLog) log.show();
}

async function offerToShow(message: string, target: vscode.Uri): Promise<void> {
  const reveal = vscode.l10n.t('Show Folder');
  const isLocal = vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  const chosen = await vscode.window.showInformationMessage(message, ...(isLocal ? [reveal] : []));
  if (chosen === reveal) await vscode.commands.executeCommand('revealFileInOS', target);
}

/** A name from an image is only a proposal; what the dialog answers is a person's choice. */
function defaultUri(name: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const plain = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_') || 'file';
  return folder === undefined ? vscode.Uri.file(plain) : vscode.Uri.joinPath(folder.uri, plain);
}
