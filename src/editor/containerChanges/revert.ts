import * as vscode from 'vscode';
import { type ContainerFileChange, type LayerPath, rootPath } from '../../engine/index.ts';
import { isOwnChange } from '../changeText.ts';
import { chooseContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { withProgress } from '../progress.ts';
import { countText, nameText, oneLine } from '../text.ts';
import { choosePaths, tellNothingChanged } from './chosenPaths.ts';
import { isWithin } from './pathWithin.ts';
import { tellFailures } from './revertFailures.ts';
import { giveUpEdits, unsavedIn } from './unsavedEdits.ts';

/** So many changes are taken back without a question. */
const few = 10;

/** Makes files and folders what the image has there. A person is asked only where much, or what is not saved, is lost. */
export async function revertFiles(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await choosePaths(context, args, vscode.l10n.t('Revert File'));
  for (const container of new Set(chosen.map((each) => each.container))) {
    const paths = chosen.filter((each) => each.container === container).map(({ path }) => path);
    const changes = await changesWithin(container, paths);
    const unsaved = unsavedIn(container.id, paths);
    if (changes.length === 0 && unsaved.length === 0) {
      tellUnchanged(paths);
      continue;
    }
    const isAsked = changes.length > few || unsaved.length > 0;
    if (isAsked && !(await isConfirmed(container, changes.length, unsaved.length))) continue;
    await giveUpEdits(unsaved);
    await revert(container, paths, changes.length);
  }
}

/** Makes everything in a container what the image has there. */
export async function revertAll(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const chosen = await chooseContainer(context, args, vscode.l10n.t('Revert All'));
  if (chosen === undefined) return;
  const { container } = chosen;
  const all = [rootPath];
  const changes = await changesWithin(container, all);
  const unsaved = unsavedIn(container.id, all);
  if (changes.length === 0 && unsaved.length === 0) {
    tellNothingChanged(container.name);
    return;
  }
  if (!(await isConfirmed(container, changes.length, unsaved.length))) return;
  await giveUpEdits(unsaved);
  await revert(container, all, changes.length);
}

async function changesWithin(
  { files }: OpenedContainer,
  paths: readonly LayerPath[],
): Promise<readonly ContainerFileChange[]> {
  const changes = (await files.changes()).filter(isOwnChange);
  return changes.filter(({ path }) => paths.some((each) => isWithin(each, path)));
}

async function revert(
  { place, name }: OpenedContainer,
  paths: readonly LayerPath[],
  count: number,
): Promise<void> {
  const title = vscode.l10n.t('Reverting {0}', oneLine(name));
  const failures = await withProgress(title, async (options) => {
    if (place.kind === 'engine') return place.files.revert(paths, options);
    await place.files.revert(paths);
    return [];
  });
  if (failures.length > 0) tellFailures(name, failures);
  else vscode.window.setStatusBarMessage(revertedText(name, count), 4000);
}

function revertedText(name: string, count: number): string {
  return count === 1
    ? vscode.l10n.t('1 change of {0} was reverted.', oneLine(name))
    : vscode.l10n.t('{0} changes of {1} were reverted.', countText(count), oneLine(name));
}

function tellUnchanged([path]: readonly LayerPath[]): void {
  if (path === undefined) return;
  void vscode.window.showInformationMessage(vscode.l10n.t('{0} is as in the image already.', nameText(path)));
}

async function isConfirmed(
  { name, place }: OpenedContainer,
  changes: number,
  unsaved: number,
): Promise<boolean> {
  const button = vscode.l10n.t('Revert');
  const message =
    changes === 1
      ? vscode.l10n.t('Revert 1 change of {0}?', oneLine(name))
      : vscode.l10n.t('Revert {0} changes of {1}?', countText(changes), oneLine(name));
  const parts = [
    unsaved > 0 ? vscode.l10n.t('Files with edits that are not saved: {0}.', countText(unsaved)) : '',
    place.kind === 'engine'
      ? vscode.l10n.t(
          'The image’s files are written into the container again, and what was added is removed.',
        )
      : vscode.l10n.t('The files are the image’s again, and what was added is removed.'),
    vscode.l10n.t('This cannot be undone.'),
  ];
  const detail = parts.filter((part) => part !== '').join('\n');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button;
}
