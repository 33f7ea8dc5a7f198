import * as vscode from 'vscode';
import { askForFilter } from '../filterInput.ts';

export type ImageGrouping = 'none' | 'repository' | 'use';
export type ImageOrder = 'name' | 'size' | 'age';

/** What of the images is shown, and how; as a person chose it. */
export interface ImagesShown {
  /** Text that a name or ID holds; empty for all. */
  readonly filter: string;
  readonly groupBy: ImageGrouping;
  readonly sortBy: ImageOrder;
  readonly showsUntagged: boolean;
}

const key = 'lamina.imagesView';
const usual: ImagesShown = { filter: '', groupBy: 'none', sortBy: 'name', showsUntagged: true };

/** Keeps over a restart how images are shown. */
export class ViewOptions {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    this.#tell();
  }

  get shown(): ImagesShown {
    return { ...usual, ...this.#memory.get<Partial<ImagesShown>>(key) };
  }

  async change(change: Partial<ImagesShown>): Promise<void> {
    await this.#memory.update(key, { ...this.shown, ...change });
    this.#tell();
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Menus show what undoes the choice. */
  #tell(): void {
    const { filter, showsUntagged } = this.shown;
    void vscode.commands.executeCommand('setContext', 'lamina.imagesFiltered', filter !== '');
    void vscode.commands.executeCommand('setContext', 'lamina.untaggedHidden', !showsUntagged);
  }
}

/** Asks for the text that names and IDs are to hold. */
export function filterImages(options: ViewOptions): Promise<void> {
  return askForFilter({
    title: vscode.l10n.t('Filter Images'),
    prompt: vscode.l10n.t('A part of a name or ID; empty for all images'),
    value: options.shown.filter,
    apply: (filter) => options.change({ filter }),
  });
}

export async function groupImages(options: ViewOptions): Promise<void> {
  const groupBy = await choose<ImageGrouping>(vscode.l10n.t('Group Images By'), options.shown.groupBy, [
    [vscode.l10n.t('Nothing'), 'none'],
    [vscode.l10n.t('Repository'), 'repository'],
    [vscode.l10n.t('Use by containers'), 'use'],
  ]);
  if (groupBy !== undefined) await options.change({ groupBy });
}

export async function sortImages(options: ViewOptions): Promise<void> {
  const sortBy = await choose<ImageOrder>(vscode.l10n.t('Sort Images By'), options.shown.sortBy, [
    [vscode.l10n.t('Name'), 'name'],
    [vscode.l10n.t('Size, largest first'), 'size'],
    [vscode.l10n.t('Age, newest first'), 'age'],
  ]);
  if (sortBy !== undefined) await options.change({ sortBy });
}

async function choose<T>(
  title: string,
  now: T,
  choices: readonly (readonly [label: string, value: T])[],
): Promise<T | undefined> {
  const items = choices.map(([label, value]) => ({
    label,
    value,
    ...(value === now && { description: vscode.l10n.t('as now') }),
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}
