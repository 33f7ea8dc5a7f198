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
  const { t } = vscode.l10n;
  const { store } = context.engine;
  const [blobs, indexes] = await Promise.all([store.usage(), context.engine.indexUsage()]);
  const items: UsageItem[] = [
    {
      label: t('Images in the store'),
      description: t('{0} in {1} blobs', sizeText(blobs.bytes), countText(blobs.blobs)),
      detail: t('Collect garbage: remove what no image needs any more'),
      iconPath: new vscode.ThemeIcon('database'),
      clear: () => collectGarbage(context),
    },
    {
      label: t('Layer indexes'),
      description: t('{0} in {1} files', sizeText(indexes.bytes), countText(indexes.files)),
      detail: t('Clear: layers are read again when they are next opened'),
      iconPath: new vscode.ThemeIcon('list-tree'),
      clear: () => clearIndexes(context),
    },
  ];
  const title = t('Disk Usage of Lamina');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: store.directory });
  await chosen?.clear();
}

/** Removes what no image of the store needs; what that is gets shown first, and confirmed. */
export async function collectGarbage(context: EditorContext): Promise<void> {
  const { t } = vscode.l10n;
  const { store } = context.engine;
  const found = await withProgress(t('Looking for garbage'), (options) =>
    store.collectGarbage({ ...options, isDryRun: true }),
  );
  if (found.removed.length === 0) {
    void vscode.window.showInformationMessage(t('There is no garbage: images need everything in the store.'));
    return;
  }
  if (!(await isConfirmed(found))) return;
  const report = await withProgress(t('Collecting garbage'), (options) =>
    store.collectGarbage({ ...options, isDryRun: false }),
  );
  await context.images.reload(storeLocation);
  void vscode.window.showInformationMessage(t('{0} of disk space are free again.', sizeText(report.bytes)));
}

/** Forgets what was read of layers. Nothing is lost: it is read again. */
export async function clearIndexes(context: EditorContext): Promise<void> {
  const { bytes } = await context.engine.indexUsage();
  await context.engine.clearIndexes();
  await vscode.commands.executeCommand('lamina.refresh');
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} of disk space are free again.', sizeText(bytes)),
  );
}

async function isConfirmed({ removed, bytes, kept }: GarbageReport): Promise<boolean> {
  const { t } = vscode.l10n;
  const remove = t('Remove');
  const listed = removed.slice(0, 8).map(({ digest, size }) => `${digest.slice(0, 19)}…  ${sizeText(size)}`);
  if (removed.length > listed.length)
    listed.push(t('and {0} more', countText(removed.length - listed.length)));
  const message = t(
    'Remove {0} blobs ({1}) that no image needs?',
    countText(removed.length),
    sizeText(bytes),
  );
  const detail = `${t('{0} blobs stay.', countText(kept))}\n\n${listed.join('\n')}`;
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}
