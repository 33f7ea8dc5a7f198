import * as vscode from 'vscode';
import { type CallOptions, type LayerChange, type RootfsEntry } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isChangeItself } from '../entryText.ts';
import { fileOfArguments } from '../fileChoice.ts';
import { chooseImage, pickLayer } from '../imageChoice.ts';
import { isNode } from '../nodes.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { countText, imageTitle } from '../text.ts';
import { documentUri, rootfsUri } from '../uri.ts';
import { openVersionDiff } from './versionDiff.ts';

/** Texts shown side by side at once; a multi-file editor slows down with more. */
const mostShown = 200;
const largestText = 1_000_000;
const sniffedBytes = 8000;

/** Compares a file, or everything a layer changes, with the state before that layer. */
export async function compareWithLayerBelow(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const file = await fileOfArguments(context, args);
  if (file?.upTo !== undefined) {
    await openVersionDiff(file, file.upTo - 1, file.upTo);
    return;
  }
  const place = await chooseLayer(context, args, vscode.l10n.t('Compare with Layer Below'));
  if (place !== undefined) await openLayerDiff(context, place.opened, place.layer);
}

/** Shows everything a layer changes as a list. */
export async function listChanges(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const place = await chooseLayer(context, args, vscode.l10n.t('List All Changes'));
  if (place !== undefined) await openList(place.opened, place.layer);
}

async function chooseLayer(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<{ readonly opened: OpenedImage; readonly layer: number } | undefined> {
  const [first] = args;
  if (isNode(first) && first.kind === 'layer') return first;
  const opened = await chooseImage(context, args, title);
  const layer = opened && (await pickLayer(opened, title, 0));
  return opened === undefined || layer === undefined ? undefined : { opened, layer };
}

async function openLayerDiff(context: EditorContext, opened: OpenedImage, layer: number): Promise<void> {
  const title = vscode.l10n.t('Layer {0} of {1}', layer, imageTitle(opened.image));
  const { texts, all } = await withProgress(vscode.l10n.t('Comparing layer {0}', layer), async (options) => {
    const changes = await context.engine.allChanges(opened.image, layer, { ...options, priority: 'seen' });
    const own = changes.filter(isChangeItself);
    return { texts: await textChanges(context, opened, own, options), all: own.length };
  });
  if (texts.length > 0) {
    const sides = texts.map((change) => sidesOf(opened, layer, change));
    await vscode.commands.executeCommand('vscode.changes', title, sides);
  }
  if (texts.length < all) await offerList(opened, layer, texts.length, all);
}

/** Changes that can be read side by side: text files, up to a number. */
async function textChanges(
  context: EditorContext,
  opened: OpenedImage,
  changes: readonly LayerChange[],
  options: CallOptions,
): Promise<readonly LayerChange[]> {
  const texts: LayerChange[] = [];
  for (const change of changes) {
    if (texts.length >= mostShown) break;
    const versions = [change.before, change.entry].filter((entry) => entry !== undefined);
    if (
      versions.length === 0 ||
      !versions.every((entry) => entry.type === 'file' && entry.size <= largestText)
    )
      continue;
    const areTexts = await Promise.all(versions.map((entry) => isText(context, opened, entry, options)));
    if (areTexts.every(Boolean)) texts.push(change);
  }
  return texts;
}

/** As git decides: no NUL near the beginning. */
async function isText(
  { engine }: EditorContext,
  { image }: OpenedImage,
  entry: RootfsEntry,
  options: CallOptions,
): Promise<boolean> {
  const range = { start: 0, end: Math.min(entry.size, sniffedBytes) };
  if (range.end === 0) return true;
  for await (const bytes of engine.read(image, entry, range, options)) {
    if (bytes.includes(0)) return false;
  }
  return true;
}

function sidesOf(
  { image }: OpenedImage,
  layer: number,
  { path, before, entry }: LayerChange,
): readonly [vscode.Uri, vscode.Uri | undefined, vscode.Uri | undefined] {
  const after = rootfsUri(image, path, layer);
  return [after, before && rootfsUri(image, path, layer - 1), entry && after];
}

async function offerList(opened: OpenedImage, layer: number, shown: number, all: number): Promise<void> {
  const list = vscode.l10n.t('List All Changes');
  const message =
    shown === 0
      ? vscode.l10n.t('None of the {0} changes of this layer is a text to compare.', countText(all))
      : vscode.l10n.t(
          '{0} of {1} changes are texts and shown side by side.',
          countText(shown),
          countText(all),
        );
  if ((await vscode.window.showInformationMessage(message, list)) === list) await openList(opened, layer);
}

async function openList({ image }: OpenedImage, layer: number): Promise<void> {
  const title = vscode.l10n.t('{0} layer {1}', imageTitle(image), layer);
  await vscode.commands.executeCommand(
    'vscode.open',
    documentUri(image, 'changes', `${title}.layer-changes`, layer),
  );
}
