import * as vscode from 'vscode';
import { type CallOptions, type LayerChange } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isChangeItself } from '../entryText.ts';
import { fileOfArguments } from '../fileChoice.ts';
import { chooseImage, pickLayer } from '../imageChoice.ts';
import { isNode } from '../nodes.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle } from '../text.ts';
import { type DiffRow, type PathVersion, showChanges, textChanges } from '../textChanges.ts';
import { documentUri, rootfsUri } from '../uri.ts';
import { openVersionDiff } from './versionDiff.ts';

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
    const texts = await textChanges(own, (change) => versionsOf(context, opened, change, options));
    return { texts, all: own.length };
  });
  const rows = texts.map((change) => sidesOf(opened, layer, change));
  await showChanges(title, rows, all, () => openList(opened, layer));
}

function versionsOf(
  { engine }: EditorContext,
  { image }: OpenedImage,
  { before, entry }: LayerChange,
  options: CallOptions,
): readonly PathVersion[] {
  const versions = [before, entry].filter((each) => each !== undefined);
  return versions.map((each) => ({
    type: each.type,
    size: each.size,
    read: (range) => engine.read(image, each, range, options),
  }));
}

function sidesOf({ image }: OpenedImage, layer: number, { path, before, entry }: LayerChange): DiffRow {
  const after = rootfsUri(image, path, layer);
  return [after, before && rootfsUri(image, path, layer - 1), entry && after];
}

async function openList({ image }: OpenedImage, layer: number): Promise<void> {
  const title = vscode.l10n.t('{0} layer {1}', imageTitle(image), layer);
  await vscode.commands.executeCommand(
    'vscode.open',
    documentUri(image, 'changes', `${title}.layer-changes`, layer),
  );
}
