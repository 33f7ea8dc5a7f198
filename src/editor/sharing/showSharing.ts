import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { imagesOfSelection } from '../imageChoice.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, layerCountText, pickText, platformText } from '../text.ts';
import { sharedDocumentUri } from '../uri.ts';

/** Compares the layers of the selected images, or of those that are chosen. */
export async function showSharing(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const selected = await imagesOfSelection(context, args);
  const chosen = selected.length > 1 ? selected : await pickImages(context, selected);
  if (chosen === undefined || chosen.length === 0) return;
  const images = chosen.map(({ image }) => image);
  await withProgress(vscode.l10n.t('Comparing the layers of {0} images', images.length), (options) =>
    context.engine.sharing(images, { ...options, priority: 'seen' }),
  );
  const title = `${vscode.l10n.t('Shared layers')} ${images.map(imageTitle).join(', ').slice(0, 80)}.md`;
  await openAsPage(sharedDocumentUri(images, title));
}

/** As a page where VS Code's Markdown preview is there, which a person can switch off; else as text. */
async function openAsPage(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  } catch {
    await vscode.commands.executeCommand('vscode.open', uri);
  }
}

async function pickImages(
  { images }: EditorContext,
  selected: readonly OpenedImage[],
): Promise<readonly OpenedImage[] | undefined> {
  const ids = new Set(selected.map(({ image }) => image.id));
  const items = (await images.all()).map((opened) => ({
    label: pickText(imageTitle(opened.image)),
    description: [platformText(opened.image.platform), layerCountText(opened.image.layers.length)]
      .filter(Boolean)
      .join(' \u00b7 '),
    picked: ids.has(opened.image.id),
    opened,
  }));
  const options = {
    title: vscode.l10n.t('Show What Images Share'),
    placeHolder: vscode.l10n.t('Choose two or more images'),
    canPickMany: true,
    matchOnDescription: true,
  } as const;
  return (await vscode.window.showQuickPick(items, options))?.map(({ opened }) => opened);
}
