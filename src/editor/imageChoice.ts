import * as vscode from 'vscode';
import type { EditorContext } from './context.ts';
import { engineImageFacts, engineImageTitle } from './engineText.ts';
import type { KnownEngine } from './knownEngine.ts';
import { anyImageOfNode, type EngineImageNode, isNode, nodesOf } from './nodes.ts';
import { isReadable, type OpenedImage } from './openedImages.ts';
import { imageTitle, layerCountText, layerTitle, nameText, pickText, platformText } from './text.ts';
import { imageIdOf } from './uri.ts';
import { byteName, choosePlatform, EngineError, type EngineImage } from '../engine/index.ts';

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
  context: EditorContext,
  args: readonly unknown[],
): Promise<OpenedImage | undefined> {
  const { images } = context;
  const [first] = args;
  if (isNode(first) && first.kind === 'engineImage') return openEngineImage(context, first);
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
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly OpenedImage[]> {
  const found = new Map<string, OpenedImage>();
  for (const node of nodesOf(args)) {
    const id = anyImageOfNode(node)?.id;
    const opened =
      node.kind === 'engineImage'
        ? await openEngineImage(context, node)
        : id === undefined
          ? undefined
          : await context.images.byId(id);
    if (opened !== undefined) found.set(opened.image.id, opened);
  }
  return [...found.values()];
}

/** The images of the selected nodes, of an entry all its platforms; or one that a person chooses. */
export async function chooseImages(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly OpenedImage[]> {
  const ofEntries = nodesOf(args).flatMap((node) => (node.kind === 'entry' ? node.images : []));
  const selected = [...ofEntries.filter(isReadable), ...(await imagesOfSelection(context, args))];
  if (selected.length > 0) return selected;
  const opened = await chooseImage(context, args, title);
  return opened === undefined ? [] : [opened];
}

/**
 * An image of an engine, for the engine's own platform where it has several.
 *
 * @throws EngineError when it is gone, or cannot be read.
 */
export async function openEngineImage(
  { images }: EditorContext,
  { engine, image }: Pick<EngineImageNode, 'engine' | 'image'>,
): Promise<OpenedImage> {
  const variants = await images.inEngine(engine, image.id);
  const readable = variants.filter(isReadable);
  const { platform } = await engine.client.capabilities();
  const own = choosePlatform(
    platform,
    readable.map((each) => each.image.platform),
  );
  const chosen = readable[own ?? 0];
  if (chosen !== undefined) return chosen;
  const failed = variants.find((each) => !isReadable(each));
  throw failed !== undefined && !isReadable(failed)
    ? failed.failure
    : new EngineError('not-found', engineImageTitle(image), 'the engine has none of its content');
}

/** Asks for one of the open images; the one of the active tab comes first. A single image is taken without asking. */
export async function pickImage(
  context: EditorContext,
  title: string,
  except?: OpenedImage,
): Promise<OpenedImage | undefined> {
  const [opened, listed] = await Promise.all([context.images.all(), imagesOfEngines(context)]);
  const all = opened.filter(({ image }) => image.id !== except?.image.id);
  if (all.length + listed.length === 0) return offerToOpen();
  if (all.length === 1 && listed.length === 0 && except === undefined) return all[0];
  const active = imageIdOf(activeUri());
  const sorted = [...all].sort((a, b) => Number(b.image.id === active) - Number(a.image.id === active));
  const items: ImageItem[] = [
    ...sorted.map((each) => ({ ...imageItem(each), open: () => Promise.resolve(each) })),
    ...listed.map((each) => ({ ...engineImageItem(each), open: () => openEngineImage(context, each) })),
  ];
  const placeHolder = vscode.l10n.t('Choose an image');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  return chosen?.open();
}

interface ImageItem extends vscode.QuickPickItem {
  readonly open: () => Promise<OpenedImage>;
}

interface ListedImage {
  readonly engine: KnownEngine;
  readonly image: EngineImage;
}

/** What the engines list, by name. An engine that does not answer in time keeps nobody waiting. */
export async function imagesOfEngines({ engines }: EditorContext): Promise<readonly ListedImage[]> {
  const lists = await Promise.all(
    (await engines.reachable()).map(async (engine) =>
      (await engine.imagesSoon()).map((image) => ({ engine, image })),
    ),
  );
  return lists.map((list) => list.toSorted((a, b) => byTitle(a.image, b.image))).flat();
}

/** Those without a name come last. */
function byTitle(a: EngineImage, b: EngineImage): number {
  const isUntagged = (image: EngineImage): number => Number(image.repoTags.length === 0);
  return isUntagged(a) - isUntagged(b) || engineImageTitle(a).localeCompare(engineImageTitle(b));
}

function engineImageItem({ engine, image }: ListedImage): vscode.QuickPickItem {
  return {
    label: pickText(engineImageTitle(image)),
    description: pickText([engineImageFacts(image), engine.found.name].join(' \u00b7 ')),
    iconPath: new vscode.ThemeIcon('package'),
  };
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
