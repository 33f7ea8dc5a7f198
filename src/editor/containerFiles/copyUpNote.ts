import * as vscode from 'vscode';
import { baseName, type CopiedUp, type Disposable, type LayerPath } from '../../engine/index.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { facts } from '../row.ts';
import { nameText, oneLine, sizeText } from '../text.ts';
import { containerFileUri } from '../uri.ts';

/** How long it is read, at ease. */
const shownMs = 10_000;

/**
 * Says in the status bar that a save made the container's own copy of a file: which layer it came from, and how much was
 * copied. Only the first save of a file does that, so it says something only then. Its button compares the two.
 */
export class CopyUpNote implements Disposable {
  #item: vscode.StatusBarItem | undefined;
  #timer: NodeJS.Timeout | undefined;

  show(container: OpenedContainer, path: LayerPath, { layer, size }: CopiedUp): void {
    const item = (this.#item ??= makeItem());
    const name = nameText(baseName(path));
    const note = facts(vscode.l10n.t('Copied up from layer {0}', layer), sizeText(size));
    item.text = `$(layers-active) ${note}`;
    item.tooltip = vscode.l10n.t(
      '{0} came from layer {1} of the image. The first save copied it into the writable layer of {2}; the image stays as it is. Click to compare the two.',
      name,
      layer,
      oneLine(container.name),
    );
    item.accessibilityInformation = { label: `${name}: ${note}`, role: 'button' };
    item.command = {
      command: 'lamina.compareWithImage',
      title: vscode.l10n.t('Compare with Image'),
      arguments: [containerFileUri(container, path)],
    };
    item.show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      item.hide();
    }, shownMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#item?.dispose();
  }
}

function makeItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem('lamina.copyUp', vscode.StatusBarAlignment.Left);
  item.name = vscode.l10n.t('Lamina: Copied Up');
  return item;
}
