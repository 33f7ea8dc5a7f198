import * as vscode from 'vscode';
import { askForFilter } from '../filterInput.ts';
import { RememberedOptions } from '../rememberedOptions.ts';

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

const usual: ImagesShown = { filter: '', groupBy: 'none', sortBy: 'name', showsUntagged: true };

/** Keeps over a restart how images are shown. */
export class ViewOptions extends RememberedOptions<ImagesShown> {
  constructor(memory: vscode.Memento) {
    super(memory, 'lamina.imagesView', usual, ({ filter, showsUntagged }) => ({
      'lamina.imagesFiltered': filter !== '',
      'lamina.untaggedHidden': !showsUntagged,
    }));
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
