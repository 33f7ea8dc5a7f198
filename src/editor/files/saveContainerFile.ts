import * as vscode from 'vscode';
import { baseName, EngineError, saveTree, toText } from '../../engine/index.ts';
import { chooseContainerPath, type ContainerPathChoice } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import { nameText, oneLine } from '../text.ts';
import { saveBytes, saveInFolder } from './saveTo.ts';

/** Saves a file of a container, or a folder with all that is in it, where a person chooses; of an engine's, a folder as a tar. */
export async function saveContainerFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choice = await chooseContainerPath(context, args, vscode.l10n.t('Save File or Directory As'));
  if (choice === undefined) return;
  const { container, path } = choice;
  const { files, place } = container;
  const file = (await files.resolve(path)) ?? (await files.lookup(path));
  if (file === undefined)
    throw new EngineError('not-found', nameText(path), 'the container does not have it');
  const name = toText(baseName(path));
  if (file.type === 'file') await saveBytes(path, name, (options) => files.read(path, undefined, options));
  else if (place.kind === 'engine')
    await saveBytes(path, `${name || oneLine(container.name)}.tar`, ({ signal }) => tarOf(choice, signal));
  else
    await saveInFolder(context.log, path, oneLine(container.name), async (folder, options) =>
      saveTree(await place.files.tree(), { path, destination: folder }, options),
    );
}

async function* tarOf(
  { container: { place, id }, path }: ContainerPathChoice,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (place.kind !== 'engine') return;
  const { body } = await place.engine.client.getArchive(id, toText(path), { signal });
  for await (const bytes of body) yield bytes as Uint8Array;
}
