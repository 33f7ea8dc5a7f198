import * as vscode from 'vscode';
import { type ContainerFile, EngineError, toText } from '../../engine/index.ts';
import { containersOfArguments } from '../containerChoice.ts';
import { chooseContainerPath, type ContainerPathChoice } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import { octalText, ownerText, permissionsText } from '../entryText.ts';
import { countText, nameText } from '../text.ts';

/** Gives files and folders other permission bits, as `chmod` does. */
export async function setFileMode(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Change Mode');
  const chosen = await choosePaths(context, args, title);
  const [first] = chosen;
  const now = first && (await fileAt(first));
  if (now === undefined) return;
  const text = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t(
      'Permissions of {0} in octal digits; now {1}',
      subjectOf(chosen),
      permissionsText(now),
    ),
    value: octalText(now.mode),
    validateInput: complaintAboutMode,
  });
  if (text === undefined) return;
  const mode = Number.parseInt(text.trim(), 8);
  for (const { container, path } of chosen) await container.files.setMode(path, mode);
}

/** Gives files and folders other owners, as `chown` does. */
export async function setFileOwner(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Change Owner');
  const chosen = await choosePaths(context, args, title);
  const [first] = chosen;
  const now = first && (await fileAt(first));
  if (now === undefined) return;
  const text = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t(
      'User and group of {0} as numbers, such as 1000:1000; 0:0 is root',
      subjectOf(chosen),
    ),
    value: ownerText(now),
    validateInput: complaintAboutOwner,
  });
  if (text === undefined) return;
  const [uid = 0, gid = uid] = text.trim().split(':').map(Number);
  for (const { container, path } of chosen) await container.files.setOwner(path, uid, gid);
}

/** What is wrong with a mode that is being typed. */
export function complaintAboutMode(text: string): string | undefined {
  return /^[0-7]{3,4}$/.test(text.trim())
    ? undefined
    : vscode.l10n.t('A mode has three or four octal digits, such as 644, 0755 or 4755.');
}

/** What is wrong with an owner that is being typed. A user alone is meant with the group of the same number. */
export function complaintAboutOwner(text: string): string | undefined {
  const [, uid, gid = '0'] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text.trim()) ?? [];
  const areIds = uid !== undefined && Math.max(Number(uid), Number(gid)) <= largestId;
  return areIds ? undefined : vscode.l10n.t('An owner is a user’s number and a group’s, such as 1000:1000.');
}

/** The largest that Linux gives; the next means "as it is". */
const largestId = 2 ** 32 - 2;

async function choosePaths(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly ContainerPathChoice[]> {
  const given = (await containersOfArguments(context, args)).flatMap(({ container, path, change }) =>
    path === undefined || change?.kind === 'removed' ? [] : [{ container, path }],
  );
  if (given.length > 0) return given;
  const picked = await chooseContainerPath(context, args, title);
  return picked === undefined ? [] : [picked];
}

async function fileAt({ container, path }: ContainerPathChoice): Promise<ContainerFile> {
  const file = await container.files.resolve(path);
  if (file === undefined) throw new EngineError('not-found', toText(path), 'there is nothing at this path');
  return file;
}

function subjectOf(chosen: readonly ContainerPathChoice[]): string {
  const [first] = chosen;
  return chosen.length === 1 && first !== undefined
    ? nameText(first.path)
    : vscode.l10n.t('{0} paths', countText(chosen.length));
}
