import * as vscode from 'vscode';
import {
  baseName,
  EngineError,
  isEngineError,
  joinPath,
  type LayerPath,
  parentPath,
  rootPath,
  splitPath,
  toText,
} from '../../engine/index.ts';
import { containersOfArguments } from '../containerChoice.ts';
import { chooseContainerFolder, chooseContainerPath, type ContainerPathChoice } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { fromSafeText, toSafeText } from '../safePath.ts';
import { nameText, oneLine } from '../text.ts';
import { containerFileUri } from '../uri.ts';

// What is done to single files of containers, through VS Code's file service, so that every tab and view hears of it.

/** Makes an empty file, with the folders on the way to it, and opens it. */
export async function newFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const made = await askForNewPath(context, args, vscode.l10n.t('New File'));
  if (made === undefined) return;
  const uri = containerFileUri(made.container, made.path);
  await vscode.workspace.fs.createDirectory(containerFileUri(made.container, parentPath(made.path)));
  await vscode.workspace.fs.writeFile(uri, new Uint8Array());
  await vscode.commands.executeCommand('vscode.open', uri);
}

export async function newFolder(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const made = await askForNewPath(context, args, vscode.l10n.t('New Folder'));
  if (made === undefined) return;
  await vscode.workspace.fs.createDirectory(containerFileUri(made.container, made.path));
}

/** Gives a file or folder another name in its folder. */
export async function renameFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Rename File');
  const choice = await chooseContainerPath(context, args, title);
  if (choice === undefined || choice.path === rootPath) return;
  const { container, path } = choice;
  const value = toSafeText(baseAsPath(path)).slice(1);
  const end = value.lastIndexOf('.');
  const name = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Another name for {0}', nameText(path)),
    value,
    valueSelection: [0, end > 0 ? end : value.length],
    validateInput: (text) => complaintAboutFileName(text),
  });
  if (name === undefined || name === value) return;
  await movePath(container, path, joinPath(parentPath(path), nameOf(name)));
}

/** Deletes files and folders, once that is confirmed. */
export async function deleteFiles(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = outermost(await chooseDeleted(context, args));
  if (chosen.length === 0 || !(await isDeletionConfirmed(chosen))) return;
  for (const { container, path } of chosen)
    await vscode.workspace.fs.delete(containerFileUri(container, path), { recursive: true, useTrash: false });
}

/**
 * Moves a path within a container. Tabs of it go with it.
 *
 * @param there whether what is at the new path is replaced; it is refused otherwise.
 */
export async function movePath(
  container: Pick<OpenedContainer, 'id' | 'name'>,
  from: LayerPath,
  to: LayerPath,
  there: 'keep' | 'replace' = 'keep',
): Promise<void> {
  const [source, target] = [containerFileUri(container, from), containerFileUri(container, to)];
  const overwrite = there === 'replace';
  const edit = new vscode.WorkspaceEdit();
  edit.renameFile(source, target, { overwrite });
  if (await vscode.workspace.applyEdit(edit)) return;
  // An edit that fails does not say why; the file service does.
  await vscode.workspace.fs.rename(source, target, { overwrite });
}

async function askForNewPath(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<ContainerPathChoice | undefined> {
  const folder = await chooseContainerFolder(context, args, title);
  if (folder === undefined) return undefined;
  const { container, path } = folder;
  const text = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('A name in {0} of {1}', nameText(path), oneLine(container.name)),
    placeHolder: vscode.l10n.t('such as index.html, or conf/site.conf'),
    validateInput: (typed) => complaintAboutNewPath(typed),
  });
  if (text === undefined) return undefined;
  const made = splitPath(fromSafeText(text)).reduce(joinPath, path);
  if ((await container.files.lookup(made)) !== undefined)
    throw new EngineError('already-exists', toText(made), 'there is something already');
  return { container, path: made };
}

/** What is wrong with a name that is being typed; undefined when nothing is. */
export function complaintAboutFileName(text: string): string | undefined {
  if (text.includes('/')) return vscode.l10n.t('A name has no “/” in it.');
  return complaintAboutNewPath(text);
}

/** The same of a path below a folder. */
export function complaintAboutNewPath(text: string): string | undefined {
  const names = text.split('/');
  if (names.some((name) => name === '')) return vscode.l10n.t('Type a name.');
  if (names.some((name) => name === '.' || name === '..'))
    return vscode.l10n.t('“.” and “..” are no names of files.');
  if (names.some((name) => Buffer.byteLength(name) > longestName))
    return vscode.l10n.t('A name has at most {0} bytes.', longestName);
  return isPath(text) ? undefined : vscode.l10n.t('This is no path.');
}

/** NAME_MAX of Linux. */
const longestName = 255;

function isPath(text: string): boolean {
  try {
    fromSafeText(text);
    return true;
  } catch (error) {
    if (isEngineError(error, 'invalid-path')) return false;
    throw error;
  }
}

function nameOf(text: string): ReturnType<typeof baseName> {
  return baseName(fromSafeText(text));
}

function baseAsPath(path: LayerPath): LayerPath {
  return joinPath(rootPath, baseName(path));
}

async function chooseDeleted(
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly ContainerPathChoice[]> {
  const given = (await containersOfArguments(context, args)).flatMap(({ container, path, change }) =>
    path === undefined || change?.kind === 'removed' ? [] : [{ container, path }],
  );
  if (given.length > 0) return given;
  const picked = await chooseContainerPath(context, args, vscode.l10n.t('Delete File'));
  return picked === undefined ? [] : [picked];
}

/** Without what lies in a folder that is deleted, too; a container's root is never deleted. */
function outermost(chosen: readonly ContainerPathChoice[]): readonly ContainerPathChoice[] {
  const isBelow = (one: ContainerPathChoice, other: ContainerPathChoice): boolean =>
    one.container === other.container && one.path.startsWith(`${other.path}/`);
  return chosen.filter((one) => one.path !== rootPath && !chosen.some((other) => isBelow(one, other)));
}

async function isDeletionConfirmed(chosen: readonly ContainerPathChoice[]): Promise<boolean> {
  const [first] = chosen;
  if (first === undefined) return false;
  const message =
    chosen.length === 1
      ? vscode.l10n.t('Delete {0} in {1}?', nameText(first.path), oneLine(first.container.name))
      : vscode.l10n.t('Delete {0} files and folders?', chosen.length);
  const names = chosen.length === 1 ? [] : chosen.slice(0, mostNamed).map(({ path }) => nameText(path));
  const rest = chosen.length > mostNamed ? ['…'] : [];
  const stays = vscode.l10n.t(
    'The image keeps what is its own: “Revert File” brings that back. What was written in the container is lost.',
  );
  const remove = vscode.l10n.t('Delete');
  const detail = [...names, ...rest, stays].join('\n');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}

const mostNamed = 10;
