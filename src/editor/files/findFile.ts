import * as vscode from 'vscode';
import { baseName, type FindMatch, parentPath } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { entryDescription, entryIcon } from '../entryText.ts';
import { isCancelled, showFailure } from '../failures.ts';
import { chooseImage } from '../imageChoice.ts';
import type { OpenedImage } from '../openedImages.ts';
import { imageTitle, nameText, pickText } from '../text.ts';
import { rootfsUri } from '../uri.ts';

interface MatchItem extends vscode.QuickPickItem {
  readonly match?: FindMatch;
}

const mostListed = 500;
const typingMs = 120;
const feedMs = 80;

/** Finds files of an image by a part of their path or a glob, while one types. */
export async function findFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Find File in Image');
  const opened = await chooseImage(context, args, title);
  if (opened === undefined) return;
  new FindPicker(context, opened, title).show();
}

/** The list that fills while the engine searches; a new word stops the search before. */
class FindPicker {
  readonly #context: EditorContext;
  readonly #opened: OpenedImage;
  readonly #picker = vscode.window.createQuickPick<MatchItem>();
  #search = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #allLayers = false;

  constructor(context: EditorContext, opened: OpenedImage, title: string) {
    this.#context = context;
    this.#opened = opened;
    const picker = this.#picker;
    picker.title = `${title} \u2013 ${imageTitle(opened.image)}`;
    picker.placeholder = vscode.l10n.t('Type a part of the path, or a pattern such as **/*.conf');
    picker.buttons = [this.#allLayersButton()];
    picker.onDidChangeValue(() => {
      this.#searchSoon();
    });
    picker.onDidTriggerButton(() => {
      this.#allLayers = !this.#allLayers;
      picker.buttons = [this.#allLayersButton()];
      this.#searchSoon();
    });
    picker.onDidTriggerItemButton(({ item }) => void this.#reveal(item));
    picker.onDidAccept(() => void this.#open());
    picker.onDidHide(() => {
      this.#stop();
      picker.dispose();
    });
  }

  show(): void {
    this.#picker.show();
  }

  #allLayersButton(): vscode.QuickInputButton {
    const tooltip = this.#allLayers
      ? vscode.l10n.t('Search only what a container sees')
      : vscode.l10n.t('Search hidden versions in all layers, too');
    return { iconPath: new vscode.ThemeIcon(this.#allLayers ? 'layers-active' : 'layers'), tooltip };
  }

  #searchSoon(): void {
    this.#stop();
    this.#timer = setTimeout(() => void this.#run(), typingMs);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#search.abort();
    this.#picker.busy = false;
  }

  async #run(): Promise<void> {
    const pattern = this.#picker.value.trim();
    const search = new AbortController();
    this.#search = search;
    if (pattern === '') {
      this.#picker.items = [];
      return;
    }
    this.#picker.busy = true;
    try {
      await this.#feed(pattern, search.signal);
    } catch (error) {
      if (!isCancelled(error)) void showFailure(error, { log: this.#context.log });
    } finally {
      if (this.#search === search) this.#picker.busy = false;
    }
  }

  async #feed(pattern: string, signal: AbortSignal): Promise<void> {
    const items: MatchItem[] = [];
    let shownMs = Date.now();
    const options = { allLayers: this.#allLayers, limit: mostListed + 1, signal };
    for await (const match of this.#context.engine.find(this.#opened.image, pattern, options)) {
      if (signal.aborted) return;
      items.push(this.#item(match));
      if (Date.now() - shownMs < feedMs) continue;
      this.#picker.items = [...items];
      shownMs = Date.now();
    }
    if (!signal.aborted) this.#picker.items = items.length === 0 ? [nothing()] : capped(items);
  }

  #item(match: FindMatch): MatchItem {
    const { entry } = match;
    const hidden = match.isVisible ? '' : ` \u00b7 ${vscode.l10n.t('hidden, in layer {0}', entry.layer)}`;
    return {
      label: pickText(nameText(baseName(match.path))),
      description: pickText(`${nameText(parentPath(match.path))}  ${entryDescription(entry)}${hidden}`),
      iconPath: new vscode.ThemeIcon(entryIcon(entry)),
      // The engine has matched already, by other rules than the picker's.
      alwaysShow: true,
      buttons: [
        { iconPath: new vscode.ThemeIcon('list-tree'), tooltip: vscode.l10n.t('Reveal in Images View') },
      ],
      match,
    };
  }

  async #open(): Promise<void> {
    const match = this.#picker.selectedItems[0]?.match;
    if (match === undefined) return;
    this.#picker.hide();
    const command = match.entry.type === 'dir' ? 'lamina.revealInImages' : 'lamina.openFile';
    await vscode.commands.executeCommand(command, this.#uriOf(match));
  }

  async #reveal({ match }: MatchItem): Promise<void> {
    if (match === undefined) return;
    this.#picker.hide();
    await vscode.commands.executeCommand('lamina.revealInImages', this.#uriOf(match));
  }

  #uriOf({ path, entry, isVisible }: FindMatch): vscode.Uri {
    return rootfsUri(this.#opened.image, path, isVisible ? undefined : entry.layer);
  }
}

function capped(items: MatchItem[]): MatchItem[] {
  if (items.length <= mostListed) return items;
  const label = vscode.l10n.t('Only the first {0} are listed; type more of the path.', mostListed);
  return [...items.slice(0, mostListed), { label, alwaysShow: true }];
}

function nothing(): MatchItem {
  return { label: vscode.l10n.t('No file matches.'), alwaysShow: true };
}
