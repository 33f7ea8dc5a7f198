import * as vscode from 'vscode';
import { type LayerPath, rootPath } from '../../engine/index.ts';
import { changeReason, isOwnChange } from '../changeText.ts';
import { type ContainerChoice, chooseContainer, containersOfArguments } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { nameText, oneLine, pickText } from '../text.ts';

/** A path of a container that a command is for. */
export interface ChosenPath {
  readonly container: OpenedContainer;
  readonly path: LayerPath;
}

/** The paths a command was called on, of the active tab, or one of those that a container changed. */
export async function choosePaths(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly ChosenPath[]> {
  const given = await containersOfArguments(context, args);
  const paths = given.flatMap((each) => (hasPath(each) ? [each] : []));
  if (paths.length > 0) return paths;
  const chosen = given[0] ?? (await chooseContainer(context, [], title));
  if (chosen === undefined) return [];
  if (hasPath(chosen)) return [chosen];
  const picked = await pickChange(chosen.container, title);
  return picked === undefined ? [] : [{ container: chosen.container, path: picked }];
}

function hasPath(choice: ContainerChoice): choice is ContainerChoice & ChosenPath {
  return choice.path !== undefined && choice.path !== rootPath;
}

async function pickChange({ files, name }: OpenedContainer, title: string): Promise<LayerPath | undefined> {
  const changes = (await files.changes()).filter(isOwnChange);
  if (changes.length === 0) {
    tellNothingChanged(name);
    return undefined;
  }
  const items = changes.map((change) => ({
    label: pickText(nameText(change.path)),
    description: pickText(changeReason(change)),
    iconPath: new vscode.ThemeIcon(`diff-${change.kind}`),
    path: change.path,
  }));
  const placeHolder = vscode.l10n.t('Choose what {0} changed', oneLine(name));
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.path;
}

export function tellNothingChanged(name: string): void {
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} has changed nothing of its image.', oneLine(name)),
  );
}
