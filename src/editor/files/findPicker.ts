import * as vscode from 'vscode';
import { baseName, type CallOptions, type LayerPath, parentPath } from '../../engine/index.ts';
import { entryDescription, entryIcon, type ShownEntry } from '../entryText.ts';
import { isCancelled, showFailure } from '../failures.ts';
import { nameText, pickText } from '../text.ts';

/** A path that matches. */
export interface FoundFile {
  readonly path: LayerPath;
  readonly entry: ShownEntry;
  /** The layer of a version that is not seen, since a higher one hides it. */
  readonly hiddenIn?: number;
}

export interface FindOptions extends CallOptions {
  readonly signal: AbortSignal;
  readonly allLayers: boolean;
  readonly limit: number;
}

/** What is searched, and what is done with what is found. */
export interface Searched {
  readonly title: string;
  readonly find: (pattern: string, options: FindOptions) => AsyncIterable<FoundFile>;
  readonly open: (found: FoundFile) => Thenable<unknown>;
  readonly reveal: (found: FoundFile) => Thenable<unknown>;
  /** What the button beside a path says. */
  readonly revealText: string;
  readonly log: vscode.LogOutputChannel;
}

interface MatchItem extends vscode.QuickPickItem {
  readonly found?: FoundFile;
}

const mostListed = 500;
const typingMs = 120;
const feedMs = 80;

/** The list that fills while the engine searches; a new word stops the search before. */
export class FindPicker {
  readonly #searched: Searched;
  readonly #picker = vscode.window.createQuickPick<MatchItem>();
  #search = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #allLayers = false;

  constructor(searched: Searched) {
    this.#searched = searched;
    const picker = this.#picker;
    picker.title = searched.title;
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
    picker.onDidTriggerItemButton(({ item }) => void this.#leaveFor(item, searched.reveal));
    picker.onDidAccept(() => void this.#leaveFor(picker.selectedItems[0], searched.open));
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
      if (!isCancelled(error)) void showFailure(error, { log: this.#searched.log });
    } finally {
      if (this.#search === search) this.#picker.busy = false;
    }
  }

  async #feed(pattern: string, signal: AbortSignal): Promise<void> {
    const items: MatchItem[] = [];
    let shownMs = Date.now();
    const options = { allLayers: this.#allLayers, limit: mostListed + 1, signal };
    for await (const found of this.#searched.find(pattern, options)) {
      if (signal.aborted) return;
      items.push(this.#item(found));
      if (Date.now() - shownMs < feedMs) continue;
      this.#picker.items = [...items];
      shownMs = Date.now();
    }
    if (!signal.aborted) this.#picker.items = items.length === 0 ? [nothing()] : capped(items);
  }

  #item(found: FoundFile): MatchItem {
    const { path, entry, hiddenIn } = found;
    const hidden = hiddenIn === undefined ? '' : ` \u00b7 ${vscode.l10n.t('hidden, in layer {0}', hiddenIn)}`;
    return {
      label: pickText(nameText(baseName(path))),
      description: pickText(`${nameText(parentPath(path))}  ${entryDescription(entry)}${hidden}`),
      iconPath: new vscode.ThemeIcon(entryIcon(entry)),
      // The engine has matched already, by other rules than the picker's.
      alwaysShow: true,
      buttons: [{ iconPath: new vscode.ThemeIcon('list-tree'), tooltip: this.#searched.revealText }],
      found,
    };
  }

  async #leaveFor(item: MatchItem | undefined, go: (found: FoundFile) => Thenable<unknown>): Promise<void> {
    if (item?.found === undefined) return;
    this.#picker.hide();
    await go(item.found);
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
