import * as vscode from 'vscode';
import { type ContainerFileChange, EngineError, type LayerPath, parsePattern } from '../../engine/index.ts';
import { chooseContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { oneLine } from '../text.ts';
import { containerFileUri, rootfsUri } from '../uri.ts';
import { foundOf } from './findFile.ts';
import { type FindOptions, FindPicker, type FoundFile } from './findPicker.ts';

/** Finds files of a container, those that it changed too, by a part of their path or a glob, while one types. */
export async function findContainerFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Find File in Container');
  const choice = await chooseContainer(context, args, title);
  if (choice === undefined) return;
  const { container } = choice;
  const reveal = ({ path }: FoundFile): Thenable<unknown> =>
    vscode.commands.executeCommand('lamina.revealInContainers', containerFileUri(container, path));
  new FindPicker({
    title: `${title} \u2013 ${oneLine(container.name)}`,
    find: (pattern, options) => findIn(context, container, pattern, options),
    open: (found) => open(container, found),
    reveal,
    revealText: vscode.l10n.t('Reveal in Containers View'),
    log: context.log,
  }).show();
}

/** A version that is hidden is one of the image. */
async function open(container: OpenedContainer, { path, hiddenIn }: FoundFile): Promise<void> {
  const opened = hiddenIn === undefined ? undefined : await container.image();
  if (opened === undefined)
    await vscode.commands.executeCommand('lamina.openContainerFile', containerFileUri(container, path));
  else await vscode.commands.executeCommand('lamina.openFile', rootfsUri(opened.image, path, hiddenIn));
}

async function* findIn(
  context: EditorContext,
  container: OpenedContainer,
  pattern: string,
  options: FindOptions,
): AsyncGenerator<FoundFile> {
  const { place } = container;
  if (place.kind === 'engine') yield* findInEngine(context, container, pattern, options);
  else for await (const match of place.files.find(pattern, options)) yield foundOf(match);
}

/** What the image has, but for what the container removed, and what it added. */
async function* findInEngine(
  context: EditorContext,
  container: OpenedContainer,
  pattern: string,
  options: FindOptions,
): AsyncGenerator<FoundFile> {
  const opened = await container.image();
  if (opened === undefined)
    throw new EngineError(
      'not-found',
      oneLine(container.name),
      vscode.l10n.t('its engine has its image no more, by which files are found; its folders can be opened'),
    );
  const changes = new Map((await container.files.changes(options)).map((change) => [change.path, change]));
  yield* addedOf(changes, pattern);
  yield* keptOf(context, opened, changes, pattern, options);
}

function* addedOf(
  changes: ReadonlyMap<LayerPath, ContainerFileChange>,
  pattern: string,
): Iterable<FoundFile> {
  const matches = parsePattern(pattern);
  for (const { kind, path, after } of changes.values())
    if (kind === 'added' && after !== undefined && matches(path)) yield { path, entry: after };
}

async function* keptOf(
  { engine }: EditorContext,
  { image }: OpenedImage,
  changes: ReadonlyMap<LayerPath, ContainerFileChange>,
  pattern: string,
  options: FindOptions,
): AsyncGenerator<FoundFile> {
  const removed = [...changes.values()].filter(({ kind }) => kind === 'removed').map(({ path }) => path);
  const isGone = (path: LayerPath): boolean =>
    removed.some((gone) => path === gone || path.startsWith(`${gone}/`));
  for await (const match of engine.find(image, pattern, options)) {
    const found = foundOf(match);
    const after = changes.get(match.path)?.after;
    if (found.hiddenIn !== undefined || !isGone(match.path))
      yield found.hiddenIn === undefined && after !== undefined ? { ...found, entry: after } : found;
    else if (options.allLayers) yield { ...found, hiddenIn: match.entry.layer };
  }
}
