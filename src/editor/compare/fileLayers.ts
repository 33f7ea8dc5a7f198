import * as vscode from 'vscode';
import type { Touch } from '../../engine/index.ts';
import { aspectsText } from '../changeText.ts';
import type { EditorContext } from '../context.ts';
import { entryDescription } from '../entryText.ts';
import { chooseFile, type FileChoice } from '../fileChoice.ts';
import { withProgress } from '../progress.ts';
import { layerTitle, nameText, pickText } from '../text.ts';
import { rootfsUri } from '../uri.ts';
import { openVersionDiff } from './versionDiff.ts';

interface TouchItem extends vscode.QuickPickItem {
  readonly touch: Touch;
}

/** Lists every layer that touched a path, newest first, and opens or compares any of its versions. */
export async function showFileLayers(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t("Show File's Layers");
  const file = await chooseFile(context, args, title);
  if (file === undefined) return;
  const { image } = file.opened;
  const touches = await withProgress(vscode.l10n.t('Reading layers'), (options) =>
    context.engine.blame(image, file.path, { ...options, priority: 'seen' }),
  );
  if (touches.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No layer has {0}.', nameText(file.path)));
    return;
  }
  new TouchPicker(file, touches).show();
}

/** The list of versions. Accepting opens one; its buttons compare it with the version below, or with another. */
class TouchPicker {
  readonly #file: FileChoice;
  readonly #picker = vscode.window.createQuickPick<TouchItem>();
  readonly #compareBelow = button('git-compare', vscode.l10n.t('Compare with the Version Below'));
  readonly #compareOther = button('diff-multiple', vscode.l10n.t('Compare with Another Version…'));

  constructor(file: FileChoice, touches: readonly Touch[]) {
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

  #item(touch: Touch, below: Touch | undefined): TouchItem {
    const { image } = this.#file.opened;
    const size = touch.entry === undefined ? '' : entryDescription(touch.entry);
    const hasBelow = below?.entry !== undefined;
    return {
      label: pickText(vscode.l10n.t('Layer {0}: {1}', touch.layer, touchText(touch))),
      description: pickText(size),
      detail: pickText(layerTitle(image, touch.layer)),
      iconPath: new vscode.ThemeIcon(icons[touch.change]),
      buttons: [...(hasBelow ? [this.#compareBelow] : []), this.#compareOther],
      touch,
    };
  }

  async #open(): Promise<void> {
    const touch = this.#picker.selectedItems[0]?.touch;
    if (touch === undefined) return;
    this.#picker.hide();
    const { opened, path } = this.#file;
    // Of a removal, what was there before is shown.
    const upTo = touch.change === 'removed' ? touch.layer - 1 : touch.layer;
    await vscode.commands.executeCommand('lamina.openFile', rootfsUri(opened.image, path, Math.max(0, upTo)));
  }

  async #compare(touch: Touch, chosen: vscode.QuickInputButton): Promise<void> {
    const others = this.#picker.items.filter((item) => item.touch !== touch);
    this.#picker.hide();
    if (chosen === this.#compareBelow) {
      await openVersionDiff(this.#file, touch.layer - 1, touch.layer);
      return;
    }
    const title = vscode.l10n.t('Compare Layer {0} With', touch.layer);
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

const icons: Record<Touch['change'], string> = {
  added: 'diff-added',
  modified: 'diff-modified',
  removed: 'diff-removed',
};

/** `modified: content, mode`, `removed with its directory`. */
function touchText(touch: Touch): string {
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
