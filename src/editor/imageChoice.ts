import * as vscode from 'vscode';
import type { EditorContext } from './context.ts';
import { anyImageOfNode, isNode, nodesOf } from './nodes.ts';
import type { OpenedImage } from './openedImages.ts';
import { imageTitle, layerCountText, layerTitle, nameText, pickText, platformText } from './text.ts';
import { imageIdOf } from './uri.ts';
import { byteName } from '../engine/index.ts';

/**
 * The image a command is for: that of the node or the URI it was called on, that of the active tab, or one a person
 * chooses. Undefined when nothing was chosen.
 */
export async function chooseImage(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<OpenedImage | undefined> {
  return (await imageOfArguments(context, args)) ?? (await pickImage(context, title));
}

/** The image of the node or URI a command was called on. */
export async function imageOfArguments(
  { images }: EditorContext,
  args: readonly unknown[],
): Promise<OpenedImage | undefined> {
  const [first] = args;
  const id = isNode(first) ? anyImageOfNode(first)?.id : linkedId(first);
  return id === undefined ? undefined : images.byId(id);
}

function linkedId(value: unknown): string | undefined {
  if (value instanceof vscode.Uri) return imageIdOf(value);
  return isLinkedPlace(value) ? value.image : undefined;
}

/** What a link in a document or page points to: an image by its id, and a layer of it. */
export interface LinkedPlace {
  readonly image: string;
  readonly layer?: number;
}

export function isLinkedPlace(value: unknown): value is LinkedPlace {
  return (
    typeof value === 'object' &&
    value !== null &&
    'image' in value &&
    typeof value.image === 'string' &&
    (!('layer' in value) || typeof value.layer === 'number')
  );
}

/** Every image of the selected nodes, once. */
export async function imagesOfSelection(
  { images }: EditorContext,
  args: readonly unknown[],
): Promise<readonly OpenedImage[]> {
  const ids = new Set(nodesOf(args).map((node) => anyImageOfNode(node)?.id));
  return Promise.all([...ids].filter((id) => id !== undefined).map((id) => images.byId(id)));
}

/** Asks for one of the open images; the one of the active tab comes first. A single image is taken without asking. */
export async function pickImage(
  { images }: EditorContext,
  title: string,
  except?: OpenedImage,
): Promise<OpenedImage | undefined> {
  const all = (await images.all()).filter(({ image }) => image.id !== except?.image.id);
  if (all.length === 0) return offerToOpen();
  if (all.length === 1 && except === undefined) return all[0];
  const active = imageIdOf(activeUri());
  const sorted = [...all].sort((a, b) => Number(b.image.id === active) - Number(a.image.id === active));
  const items = sorted.map((opened) => ({ ...imageItem(opened), opened }));
  const placeHolder = vscode.l10n.t('Choose an image');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.opened;
}

/** Asks for a layer of an image, from the given position up. */
export async function pickLayer(
  { image }: OpenedImage,
  title: string,
  from: number,
): Promise<number | undefined> {
  const items = image.layers.slice(from).map((layer) => ({
    label: String(layer.position),
    description: pickText(layerTitle(image, layer.position)),
    iconPath: new vscode.ThemeIcon('layers'),
    layer: layer.position,
  }));
  const placeHolder = vscode.l10n.t('Choose a layer');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.layer;
}

/** The URI of the active tab, of its right side where it compares two. */
export function activeUri(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputTextDiff) return input.modified;
  if (input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom) return input.uri;
  return undefined;
}

function imageItem({ image, source }: OpenedImage): vscode.QuickPickItem {
  const where =
    source.kind === 'store' ? vscode.l10n.t('Lamina store') : source.location.split(/[/\\]/).at(-1);
  const facts = [
    platformText(image.platform),
    layerCountText(image.layers.length),
    where && nameText(byteName(where)),
  ];
  return {
    label: pickText(imageTitle(image)),
    description: pickText(facts.filter(Boolean).join(' \u00b7 ')),
    iconPath: new vscode.ThemeIcon('package'),
  };
}

async function offerToOpen(): Promise<undefined> {
  const open = vscode.l10n.t('Open Image…');
  const chosen = await vscode.window.showInformationMessage(vscode.l10n.t('No image is open yet.'), open);
  if (chosen === open) await vscode.commands.executeCommand('lamina.openImage');
  return undefined;
}
