import * as vscode from 'vscode';
import type { ByteRange, CallOptions, ContainerFileChange } from '../../engine/index.ts';
import { isOwnChange } from '../changeText.ts';
import { chooseContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, oneLine } from '../text.ts';
import { type DiffRow, type PathVersion, showChanges, textChanges } from '../textChanges.ts';
import { containerFileUri, containerUri, rootfsUri } from '../uri.ts';
import { tellNothingChanged } from './chosenPaths.ts';
import { imageOrMessage } from './compareWithImage.ts';

/** Shows everything a container changed in one editor, side by side with its image. */
export async function showContainerChanges(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainer(context, args, vscode.l10n.t('Show All Changes'));
  const opened = chosen && (await imageOrMessage(chosen.container));
  if (chosen !== undefined && opened !== undefined) await openChanges(context, chosen.container, opened);
}

/** Shows everything a container changed as a list, each line as `docker diff` has it. */
export async function listContainerChanges(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainer(context, args, vscode.l10n.t('List Changes'));
  if (chosen !== undefined) await openList(chosen.container);
}

async function openChanges(
  context: EditorContext,
  container: OpenedContainer,
  opened: OpenedImage,
): Promise<void> {
  const name = oneLine(container.name);
  const { texts, all } = await withProgress(
    vscode.l10n.t('Comparing {0} with its image', name),
    async (options) => {
      const own = (await container.files.changes(options)).filter(isOwnChange);
      const versions = await versionReader(context, container, opened, options);
      return { texts: await textChanges(own, versions), all: own.length };
    },
  );
  if (all === 0) {
    tellNothingChanged(container.name);
    return;
  }
  const title = vscode.l10n.t('{0} ↔ container {1}', imageTitle(opened.image), name);
  const rows = texts.map((change) => rowOf(container, opened, change));
  await showChanges(title, rows, all, () => openList(container));
}

/** Gives both versions of a change, by which is told whether they are texts. */
async function versionReader(
  { engine }: EditorContext,
  { files }: OpenedContainer,
  { image }: OpenedImage,
  options: CallOptions,
): Promise<(change: ContainerFileChange) => readonly PathVersion[]> {
  const view = await engine.rootfs(image, undefined, options);
  return ({ path, kind, after }) => {
    const before = kind === 'added' ? undefined : view.lookup(path);
    const old = before && {
      type: before.type,
      size: before.size,
      read: (range: ByteRange) => engine.read(image, before, range, options),
    };
    const now = after && {
      type: after.type,
      size: after.size,
      read: (range: ByteRange) => files.read(path, range, options),
    };
    return [old, now].filter((version) => version !== undefined);
  };
}

function rowOf(
  container: OpenedContainer,
  { image }: OpenedImage,
  { path, kind }: ContainerFileChange,
): DiffRow {
  const now = containerFileUri(container, path);
  return [now, kind === 'added' ? undefined : rootfsUri(image, path), kind === 'removed' ? undefined : now];
}

async function openList({ id, name }: OpenedContainer): Promise<void> {
  const title = vscode.l10n.t('{0} changes', oneLine(name));
  await vscode.commands.executeCommand(
    'vscode.open',
    containerUri(id, 'changes', `${title}.container-changes`),
  );
}
