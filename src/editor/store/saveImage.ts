import * as vscode from 'vscode';
import type { SaveRequest } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseImages } from '../imageChoice.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle } from '../text.ts';

/** Saves images as an archive that other tools load. Digests are kept. */
export async function saveImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Save Image As');
  const images = await chooseImages(context, args, title);
  const [first] = images;
  if (first === undefined) return;
  const format = await pickFormat(title);
  if (format === undefined) return;
  const target = await vscode.window.showSaveDialog({
    title,
    defaultUri: proposedUri(first),
    filters: { tar: ['tar'] },
  });
  if (target === undefined) return;
  await withProgress(
    vscode.l10n.t('Saving {0}', images.map((each) => imageTitle(each.image)).join(', ')),
    (options) =>
      context.engine.store.save(
        { images: images.map(savedImage), format, destination: target.fsPath },
        options,
      ),
  );
  void vscode.window.showInformationMessage(vscode.l10n.t('Saved {0}.', imageTitle(first.image)));
}

/** The image of one platform where its entry has several, else the entry with all that belongs to it. */
function savedImage({ source, entry, variant }: OpenedImage): SaveRequest['images'][number] {
  return entry.variants.length > 1 ? { source, entry, variant } : { source, entry };
}

async function pickFormat(title: string): Promise<SaveRequest['format'] | undefined> {
  const items = [
    {
      label: vscode.l10n.t('OCI archive'),
      description: 'oci-archive',
      detail: vscode.l10n.t('Read by Docker 25 and later, Podman, skopeo and registry tools.'),
      format: 'oci-archive' as const,
    },
    {
      label: vscode.l10n.t('Docker archive'),
      description: 'docker-archive',
      detail: vscode.l10n.t('As docker save writes it; read by every version of Docker and by Podman.'),
      format: 'docker-archive' as const,
    },
  ];
  return (await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('Choose a format') }))
    ?.format;
}

function proposedUri({ image }: OpenedImage): vscode.Uri {
  const name = `${imageTitle(image).replace(/[^A-Za-z0-9._-]+/g, '-')}.tar`;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  return folder === undefined ? vscode.Uri.file(name) : vscode.Uri.joinPath(folder.uri, name);
}
