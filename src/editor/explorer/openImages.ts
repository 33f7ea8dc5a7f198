import path from 'node:path';
import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { isCancelled, showFailure } from '../failures.ts';
import { nodesOf } from '../nodes.ts';
import { isReadable, type OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { oneLine } from '../text.ts';

/** Opens archives: those the command was called on, else those a person chooses. Returns the images' ids. */
export async function openImages(
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly OpenedImage[]> {
  const given = urisOf(args);
  const chosen = given.length > 0 ? given : await askForArchives();
  return openAll(context, chosen);
}

/** Opens layouts and other folders that are images. */
export async function openFolder(
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly OpenedImage[]> {
  const given = urisOf(args);
  const chosen = given.length > 0 ? given : await askForFolders();
  return openAll(context, chosen);
}

/** Opens the images that come with Lamina, to try it out. */
export async function openSample(context: EditorContext): Promise<readonly OpenedImage[]> {
  const folder = vscode.Uri.joinPath(context.extensionUri, 'media', 'sample');
  const files = await vscode.workspace.fs.readDirectory(folder);
  const archives = files.map(([name]) => name).filter((name) => name.endsWith('.tar'));
  return openAll(
    context,
    archives.sort().map((name) => vscode.Uri.joinPath(folder, name)),
  );
}

/** Takes archives out of the view. */
export async function closeImages(context: EditorContext, args: readonly unknown[]): Promise<void> {
  for (const node of nodesOf(args)) {
    if (node.kind === 'source' && !node.isStore) await context.images.close(node.location);
  }
}

/** Opens all of them; one that is no image is told and keeps none of the others back. */
export async function openAll(
  context: EditorContext,
  uris: readonly vscode.Uri[],
): Promise<readonly OpenedImage[]> {
  const opened: OpenedImage[] = [];
  for (const uri of uris) {
    try {
      opened.push(...(await openOne(context, archiveOf(uri))));
    } catch (error) {
      // The only one fails as a whole, so that it can be tried again.
      if (uris.length === 1 || isCancelled(error)) throw error;
      void showFailure(error, context);
    }
  }
  return opened;
}

async function openOne(context: EditorContext, location: string): Promise<readonly OpenedImage[]> {
  const title = vscode.l10n.t('Opening {0}', oneLine(path.basename(location)));
  const images = await withProgress(title, ({ signal }) => context.images.open(location, signal));
  return images.filter(isReadable);
}

/** The layout that a file marks: its folder for `index.json` and `oci-layout`, else the file itself. */
function archiveOf(uri: vscode.Uri): string {
  const isMarker = ['index.json', 'oci-layout'].includes(path.basename(uri.fsPath));
  return isMarker ? path.dirname(uri.fsPath) : uri.fsPath;
}

function urisOf([first, selected]: readonly unknown[]): readonly vscode.Uri[] {
  const all = Array.isArray(selected) ? selected : [first];
  return all.filter((each) => each instanceof vscode.Uri);
}

async function askForArchives(): Promise<readonly vscode.Uri[]> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectMany: true,
    openLabel: vscode.l10n.t('Open Image'),
    title: vscode.l10n.t('Open image archives'),
    filters: {
      [vscode.l10n.t('Image archives')]: ['tar', 'gz', 'tgz', 'zst'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  return chosen ?? [];
}

async function askForFolders(): Promise<readonly vscode.Uri[]> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: true,
    openLabel: vscode.l10n.t('Open Image'),
    title: vscode.l10n.t('Open image folders'),
  });
  return chosen ?? [];
}
