import * as vscode from 'vscode';
import {
  type ContainerConfig,
  containerNameFor,
  EngineError,
  isEngineError,
  parseContainerName,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseImage } from '../imageChoice.ts';
import { type Node, nodesOf } from '../nodes.ts';
import { isReadable, type OpenedImage, storeLocation } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, layerCountText, oneLine } from '../text.ts';

/**
 * Makes a container of an image, which copies nothing. An image that is not in the store is taken in first, once a person
 * agrees.
 *
 * @returns undefined when it was called off.
 */
export async function createContainer(
  context: EditorContext,
  args: readonly unknown[],
): Promise<ContainerConfig | undefined> {
  const title = vscode.l10n.t('Create Container');
  const chosen = platformOf(nodesOf(args)[0]) ?? (await chooseImage(context, args, title));
  const opened = chosen && (await storedImage(context, chosen));
  if (opened === undefined) return undefined;
  const name = await askForContainerName(context, {
    title,
    prompt: vscode.l10n.t('A name for the new container of {0}', imageTitle(opened.image)),
    value: containerNameFor(opened.image.names[0], await takenNames(context)),
  });
  return name === undefined ? undefined : create(context, opened, name);
}

/** Says what making a container means, where a person might wait for a copy. */
export function tellCreated({ name, image }: ContainerConfig): void {
  const layers = layerCountText(image.diffIds.length);
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Created {0}. Nothing was copied: it shares {1} with its image, and only what you change in it takes room.',
      oneLine(name),
      layers,
    ),
  );
}

/** Of an image of several platforms, the first that can be read. */
function platformOf(node: Node | undefined): OpenedImage | undefined {
  return node?.kind === 'entry' ? node.images.find(isReadable) : undefined;
}

function create({ engine }: EditorContext, opened: OpenedImage, name: string): Promise<ContainerConfig> {
  const { image, variant } = opened;
  const manifest = variant.manifest?.digest;
  if (manifest === undefined)
    throw new EngineError('not-found', imageTitle(image), 'the store has no manifest of it');
  const [imageName] = image.names;
  return engine.containers.create({ manifest, name, ...(imageName !== undefined && { imageName }) });
}

async function storedImages({ images }: EditorContext): Promise<readonly OpenedImage[]> {
  return (await images.imagesOf(await images.source(storeLocation))).filter(isReadable);
}

function isSame(one: OpenedImage, other: OpenedImage): boolean {
  return one.image.imageId !== undefined && one.image.imageId === other.image.imageId;
}

/** The image as the store has it. Undefined when a person does not want it there. */
async function storedImage(context: EditorContext, opened: OpenedImage): Promise<OpenedImage | undefined> {
  const { source, image, entry } = opened;
  if (source.kind === 'store') return opened;
  const there = (await storedImages(context)).find((each) => isSame(each, opened));
  if (there !== undefined) return there;
  const title = imageTitle(image);
  const take = vscode.l10n.t('Import and Create');
  const detail = vscode.l10n.t(
    'A container is made of an image in the Lamina store, so {0} is imported first. Layers that the store has already are not copied again.',
    title,
  );
  const message = vscode.l10n.t('Import {0} into the Lamina store?', title);
  if ((await vscode.window.showInformationMessage(message, { modal: true, detail }, take)) !== take)
    return undefined;
  const names = entry.names.length > 0 ? entry.names : [undefined];
  const stored = await withProgress(vscode.l10n.t('Importing {0}', title), async (options) => {
    for (const name of names) await context.engine.store.import(source, entry, name, options);
    await context.images.reload(storeLocation);
    return storedImages(context);
  });
  const found =
    stored.find((each) => isSame(each, opened)) ??
    stored.find((each) => each.entry.names.some((name) => entry.names.includes(name)));
  if (found === undefined) throw new EngineError('not-found', title, 'the store does not list it');
  return found;
}

interface NameQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
}

/** Asks for the name of a container of the store, and checks it while it is typed. */
export async function askForContainerName(
  context: EditorContext,
  { title, prompt, value }: NameQuestion,
): Promise<string | undefined> {
  const taken = await takenNames(context);
  const name = await vscode.window.showInputBox({
    title,
    prompt,
    value,
    validateInput: (text) => {
      const isOther = text.trim() !== value;
      if (isOther && taken.has(text.trim()))
        return vscode.l10n.t('Another container is called {0}.', oneLine(text.trim()));
      return complaintAboutName(text.trim());
    },
  });
  return name?.trim();
}

/** What is wrong with a container's name; undefined when nothing is. */
export function complaintAboutName(name: string): string | undefined {
  if (name === '') return vscode.l10n.t('Type a name.');
  try {
    parseContainerName(name);
    return undefined;
  } catch (error) {
    if (!isEngineError(error, 'invalid-reference')) throw error;
    return vscode.l10n.t(
      'A name has two or more letters, digits, “_”, “.” or “-”, and begins with a letter or digit.',
    );
  }
}

async function takenNames({ containers }: EditorContext): Promise<ReadonlySet<string>> {
  return new Set((await containers.stored()).containers.map(({ name }) => name));
}
