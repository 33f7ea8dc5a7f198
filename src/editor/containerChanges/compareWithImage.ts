import * as vscode from 'vscode';
import { baseName } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { nameText, oneLine } from '../text.ts';
import { attributesText } from './attributesText.ts';
import { choosePaths } from './chosenPaths.ts';
import { type Sides, sidesOf, uriSides } from './sides.ts';

const noteMs = 8000;

/** Shows files side by side: the image's to the left, the container's to the right, where it can be edited. */
export async function compareWithImage(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Compare with Image');
  const chosen = await choosePaths(context, args, title);
  for (const { container, path } of chosen) {
    const opened = await imageOrMessage(container);
    if (opened === undefined) return;
    const sides = await withProgress(vscode.l10n.t('Reading layers'), () =>
      sidesOf(context, container, opened, path),
    );
    const name = nameText(baseName(path));
    if (!hasFile(sides)) {
      tellOtherwise(nameText(path), sides);
      continue;
    }
    const heading = vscode.l10n.t('{0} (image ↔ container {1})', name, oneLine(container.name));
    const options = { preview: chosen.length === 1 };
    const [left, right] = uriSides(container, opened, path, sides);
    await vscode.commands.executeCommand('vscode.diff', left, right, heading, options);
    tellAttributes(name, sides);
  }
}

/** The image of a container; undefined once a person was told that it is gone. */
export async function imageOrMessage(container: OpenedContainer): Promise<OpenedImage | undefined> {
  const opened = await container.image();
  if (opened === undefined)
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'The image of {0} is gone, so there is nothing to compare it with.',
        oneLine(container.name),
      ),
    );
  return opened;
}

function hasFile({ before, after }: Sides): boolean {
  return before?.type === 'file' || after?.type === 'file';
}

/** What a diff of contents does not show is said beside it. */
function tellAttributes(name: string, { before, after }: Sides): void {
  const text = attributesText(before, after);
  if (text !== '') vscode.window.setStatusBarMessage(`$(info) ${name}: ${text}`, noteMs);
}

/** Folders and the like have no content to show, but a person asked what became of them. */
function tellOtherwise(name: string, { before, after }: Sides): void {
  const text = attributesText(before, after);
  const message =
    text === ''
      ? vscode.l10n.t('{0} is no file, and the same as in the image.', name)
      : vscode.l10n.t('{0} is no file to compare. {1}', name, text);
  void vscode.window.showInformationMessage(message);
}
