import * as vscode from 'vscode';
import { aspectsText } from '../changeText.ts';
import { chooseContainer, containersOfArguments } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import { entryDescription } from '../entryText.ts';
import { chooseFile } from '../fileChoice.ts';
import { activeUri } from '../imageChoice.ts';
import { withProgress } from '../progress.ts';
import { layerTitle, nameText, oneLine, pickText } from '../text.ts';
import { containerOfFile } from '../uri.ts';
import { type FileTouch, touchesOf, versionedFileOf } from './fileTouches.ts';
import { isWritable, openVersionDiff, type VersionedFile, versionUri } from './versionDiff.ts';

interface TouchItem extends vscode.QuickPickItem {
  readonly touch: FileTouch;
}

/** Lists every layer that touched a path, newest first, and opens or compares any of its versions. */
export async function showFileLayers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const file = await chooseVersioned(context, args, vscode.l10n.t("Show File's Layers"));
  if (file === undefined) return;
  const touches = await withProgress(vscode.l10n.t('Reading layers'), (options) =>
    touchesOf(context, file, options),
  );
  if (touches.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No layer has {0}.', nameText(file.path)));
    return;
  }
  new TouchPicker(file, touches).show();
}

/** A file of an image, or of a container where that is what the command was called on or what is open. */
async function chooseVersioned(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<VersionedFile | undefined> {
  const [given] = await containersOfArguments(context, args);
  const isActive = args[0] === undefined && containerOfFile(activeUri()) !== undefined;
  const chosen = given ?? (isActive ? await chooseContainer(context, args, title) : undefined);
  if (chosen?.path === undefined) return chooseFile(context, args, title);
  const file = await versionedFileOf(chosen.container, chosen.path);
  if (file === undefined) {
    const name = oneLine(chosen.container.name);
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The image of {0} is gone, and with it the layers below.', name),
    );
  }
  return file;
}

/** The list of versions. Accepting opens one; its buttons compare it with the version below, or with another. */
class TouchPicker {
  readonly #file: VersionedFile;
  readonly #picker = vscode.window.createQuickPick<TouchItem>();
  readonly #compareBelow = button('git-compare', vscode.l10n.t('Compare with the Version Below'));
  readonly #compareOther = button('diff-multiple', vscode.l10n.t('Compare with Another Version…'));

  constructor(file: VersionedFile, touches: readonly FileTouch[]) {
    this.#file = file;
    const picker = this.#picker;
    picker.title = vscode.l10n.t('Layers that touched {0}', nameText(file.path));
    picker.placeholder = vscode.l10n.t('Open a version, or compare it by its buttons');
    picker.matchOnDescription = true;
    picker.matchOnDetail = true;
    picker.items = touches.map((touch, at) => this.#item(touch, touches[at + 1]));
    picker.onDidTriggerItemButton(({ item, button }) => void this.#compare(item.touch, button));
    picker.onDidAccept(() => void this.#open());
    picker.onDidHide(() => {
      picker.dispose();
    });
  }

  show(): void {
    this.#picker.show();
  }

  #item(touch: FileTouch, below: FileTouch | undefined): TouchItem {
    const size = touch.entry === undefined ? '' : entryDescription(touch.entry);
    const hasBelow = below?.entry !== undefined;
    return {
      label: pickText(this.#label(touch)),
      description: pickText(size),
      detail: pickText(this.#detail(touch)),
      iconPath: new vscode.ThemeIcon(icons[touch.change]),
      buttons: [...(hasBelow ? [this.#compareBelow] : []), this.#compareOther],
      touch,
    };
  }

  #label(touch: FileTouch): string {
    return isWritable(this.#file, touch.layer)
      ? vscode.l10n.t('Container {0}: {1}', oneLine(this.#file.container.name), touchText(touch))
      : vscode.l10n.t('Layer {0}: {1}', touch.layer, touchText(touch));
  }

  #detail({ layer }: FileTouch): string {
    if (isWritable(this.#file, layer)) return vscode.l10n.t('The writable layer, on top of the image');
    return layerTitle(this.#file.opened.image, layer);
  }

  async #open(): Promise<void> {
    const touch = this.#picker.selectedItems[0]?.touch;
    if (touch === undefined) return;
    this.#picker.hide();
    // Of a removal, what was there before is shown.
    const layer = touch.change === 'removed' ? touch.layer - 1 : touch.layer;
    const uri = versionUri(this.#file, layer);
    const command = containerOfFile(uri) === undefined ? 'lamina.openFile' : 'vscode.open';
    await vscode.commands.executeCommand(command, uri);
  }

  async #compare(touch: FileTouch, chosen: vscode.QuickInputButton): Promise<void> {
    const others = this.#picker.items.filter((item) => item.touch !== touch);
    this.#picker.hide();
    if (chosen === this.#compareBelow) {
      await openVersionDiff(this.#file, touch.layer - 1, touch.layer);
      return;
    }
    const title = isWritable(this.#file, touch.layer)
      ? vscode.l10n.t('Compare the Container’s Version With')
      : vscode.l10n.t('Compare Layer {0} With', touch.layer);
    const other = await vscode.window.showQuickPick(
      others.map(({ label, description, detail, touch: each }) => ({
        label,
        ...(description !== undefined && { description }),
        ...(detail !== undefined && { detail }),
        layer: each.layer,
      })),
      { title },
    );
    if (other === undefined) return;
    const [low, high] = [other.layer, touch.layer].sort((a, b) => a - b);
    if (low !== undefined && high !== undefined) await openVersionDiff(this.#file, low, high);
  }
}

const icons: Record<FileTouch['change'], string> = {
  added: 'diff-added',
  modified: 'diff-modified',
  removed: 'diff-removed',
};

/** `modified: content, mode`, `removed with its directory`. */
function touchText(touch: FileTouch): string {
  if (touch.change === 'added') return vscode.l10n.t('added');
  if (touch.change === 'modified') {
    const what = aspectsText(touch.differs);
    return what === '' ? vscode.l10n.t('written again, unchanged') : vscode.l10n.t('modified ({0})', what);
  }
  if (touch.removedBy === 'opaque') return vscode.l10n.t('removed with everything in its directory');
  return touch.removedBy === 'parent'
    ? vscode.l10n.t('removed with its directory')
    : vscode.l10n.t('removed');
}

function button(icon: string, tooltip: string): vscode.QuickInputButton {
  return { iconPath: new vscode.ThemeIcon(icon), tooltip };
}
