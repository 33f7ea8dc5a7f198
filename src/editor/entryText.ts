import * as vscode from 'vscode';
import { type EntryType, type Image, modeText, type RootfsEntry } from '../engine/index.ts';
import { SafeMarkdown } from './markdown.ts';
import { layerTitle, nameText, sizeText, timeText } from './text.ts';

/** The codicon of a kind of entry. */
export function entryIcon(entry: RootfsEntry): string {
  return icons[entry.type];
}

const icons: Record<EntryType, string> = {
  file: 'file',
  dir: 'folder',
  symlink: 'file-symlink-file',
  char: 'plug',
  block: 'plug',
  fifo: 'arrow-swap',
};

/** What stands beside a name: a file's size, where a link leads, what a special file is. */
export function entryDescription(entry: RootfsEntry): string {
  if (entry.type === 'file') return sizeText(entry.size);
  if (entry.type === 'symlink') return `\u2192 ${nameText(entry.linkTarget ?? entry.name)}`;
  return entry.type === 'dir' ? '' : typeText(entry);
}

export function typeText(entry: RootfsEntry): string {
  const { t } = vscode.l10n;
  const words: Record<EntryType, string> = {
    file: t('file'),
    dir: t('directory'),
    symlink: t('symbolic link'),
    char: t('character device'),
    block: t('block device'),
    fifo: t('named pipe'),
  };
  return words[entry.type];
}

/** Everything about an entry: the layer, its instruction, mode, owner, time. `change` says what the layer did. */
export function entryTooltip(image: Image, entry: RootfsEntry, change?: string): SafeMarkdown {
  const { t } = vscode.l10n;
  const device = entry.device && `${entry.device.major}, ${entry.device.minor}`;
  return new SafeMarkdown()
    .title(nameText(entry.path))
    .facts([
      [t('Change'), change],
      [t('Layer'), String(entry.layer)],
      [t('Type'), typeText(entry)],
      [t('Leads to'), entry.linkTarget === undefined ? undefined : nameText(entry.linkTarget)],
      [t('Device'), device],
      [t('Size'), entry.type === 'file' ? sizeText(entry.size) : undefined],
      [t('Mode'), `${modeText(entry.type, entry.mode)} (${entry.mode.toString(8).padStart(4, '0')})`],
      [t('Owner'), `${entry.uid}:${entry.gid}`],
      [t('Modified'), entry.mtime === undefined ? undefined : timeText(entry.mtime)],
      [t('Attributes'), entry.xattrs && [...entry.xattrs.keys()].map(nameText).join(', ')],
    ])
    .code(layerTitle(image, entry.layer));
}
