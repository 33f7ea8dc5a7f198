import * as vscode from 'vscode';
import type { GarbageReport } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { storeLocation } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { countText, sizeText } from '../text.ts';

interface UsageItem extends vscode.QuickPickItem {
  readonly clear: () => Promise<void>;
}

/** Shows what Lamina keeps on disk; accepting a line gives its room back. */
export async function showDiskUsage(context: EditorContext): Promise<void> {
  const { store } = context.engine;
  const [blobs, indexes] = await Promise.all([store.usage(), context.engine.indexUsage()]);
  const items: UsageItem[] = [
    {
      label: vscode.l10n.t('Images in the store'),
      description: vscode.l10n.t('{0} in {1} blobs', sizeText(blobs.bytes), countText(blobs.blobs)),
      detail: vscode.l10n.t('Collect garbage: remove what no image needs any more'),
      iconPath: new vscode.ThemeIcon('database'),
      clear: () => collectGarbage(context),
    },
    {
      label: vscode.l10n.t('Layer indexes'),
      description: vscode.l10n.t('{0} in {1} files', sizeText(indexes.bytes), countText(indexes.files)),
      detail: vscode.l10n.t('Clear: layers are read again when they are next opened'),
      iconPath: new vscode.ThemeIcon('list-tree'),
      clear: () => clearIndexes(context),
    },
  ];
  const title = vscode.l10n.t('Disk Usage of Lamina');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: store.directory });
  await chosen?.clear();
}

/** Removes what no image of the store needs; what that is gets shown first, and confirmed. */
export async function collectGarbage(context: EditorContext): Promise<void> {
  const { store } = context.engine;
  const found = await withProgress(vscode.l10n.t('Looking for garbage'), (options) =>
    store.collectGarbage({ ...options, isDryRun: true }),
  );
  if (found.removed.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no garbage: images need everything in the store.'),
    );
    return;
  }
  if (!(await isConfirmed(found))) return;
  const report = await withProgress(vscode.l10n.t('Collecting garbage'), (options) =>
    store.collectGarbage({ ...options, isDryRun: false }),
  );
  await context.images.reload(storeLocation);
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} of disk space is free again.', sizeText(report.bytes)),
  );
}

/** Forgets what was read of layers. Nothing is lost: it is read again. */
export async function clearIndexes(context: EditorContext): Promise<void> {
  const { bytes } = await context.engine.indexUsage();
  await context.engine.clearIndexes();
  await vscode.commands.executeCommand('lamina.refresh');
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} of disk space is free again.', sizeText(bytes)),
  );
}

async function isConfirmed({ removed, bytes, kept }: GarbageReport): Promise<boolean> {
  const remove = vscode.l10n.t('Remove');
  const listed = removed.slice(0, 8).map(({ digest, size }) => `${digest.slice(0, 19)}…  ${sizeText(size)}`);
  if (removed.length > listed.length)
    listed.push(vscode.l10n.t('and {0} more', countText(removed.length - listed.length)));
  const message = vscode.l10n.t(
    'Remove {0} blobs ({1}) that no image needs?',
    countText(removed.length),
    sizeText(bytes),
  );
  const detail = `${vscode.l10n.t('{0} blobs stay.', countText(kept))}\n\n${listed.join('\n')}`;
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}
