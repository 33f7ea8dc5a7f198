import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import type { CallOptions, LayerPath, Problem } from '../../engine/index.ts';
import { problemText } from '../problemTexts.ts';
import { withProgress } from '../progress.ts';
import { nameText } from '../text.ts';

type Options = Required<CallOptions>;

/** Saves bytes under the name that a person chooses; written beside it and renamed when complete. */
export async function saveBytes(
  path: LayerPath,
  proposal: string,
  read: (options: Options) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = await vscode.window.showSaveDialog({ defaultUri: defaultUri(proposal) });
  if (target === undefined) return;
  const draft = `${target.fsPath}.lamina-${process.pid}-${Date.now()}`;
  await withProgress(vscode.l10n.t('Saving {0}', nameText(path)), async (options) => {
    try {
      const { signal } = options;
      await pipeline(Readable.from(read(options)), createWriteStream(draft, { flags: 'wx' }), { signal });
      await rename(draft, target.fsPath);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  });
  await offerToShow(vscode.l10n.t('Saved {0}.', nameText(path)), target);
}

/**
 * Saves a directory, or a link, device and the like, into a folder that a person chooses.
 *
 * @param of whose it is.
 * @param save writes below the folder, and returns what it left out.
 */
export async function saveInFolder(
  log: vscode.LogOutputChannel,
  path: LayerPath,
  of: string,
  save: (folder: string, options: Options) => Promise<readonly Problem[]>,
): Promise<void> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: vscode.l10n.t('Save Here'),
      title: vscode.l10n.t('Save {0} of {1}', nameText(path), of),
    })) ?? [];
  if (folder === undefined) return;
  const leftOut = await withProgress(vscode.l10n.t('Saving {0}', nameText(path)), (options) =>
    save(folder.fsPath, options),
  );
  if (leftOut.length === 0) await offerToShow(vscode.l10n.t('Saved {0}.', nameText(path)), folder);
  else await tellLeftOut(log, leftOut);
}

async function tellLeftOut(log: vscode.LogOutputChannel, leftOut: readonly Problem[]): Promise<void> {
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
  const [folder] = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const plain = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_') || 'file';
  return folder === undefined ? vscode.Uri.file(plain) : vscode.Uri.joinPath(folder.uri, plain);
}
