import * as vscode from 'vscode';
import {
  type EntryType,
  type FileAttributes,
  type Image,
  type LayerChange,
  modeText,
  type RootfsEntry,
} from '../engine/index.ts';
import { SafeMarkdown } from './markdown.ts';
import { layerTitle, nameText, sizeText, timeText } from './text.ts';

/** A path of an image or a container. */
export type ShownEntry = FileAttributes & Pick<RootfsEntry, 'path' | 'name' | 'size'>;

/** Whether a layer changes the path itself; not so a folder that is only on the way to what it changes. */
export function isChangeItself({ kind, isOwn, isUncertain }: LayerChange): boolean {
  return isOwn || (kind !== 'modified' && isUncertain !== true);
}

/** The codicon of a kind of entry. */
export function entryIcon(entry: Pick<ShownEntry, 'type'>): string {
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

/** The icon theme's icon for files and folders, ours for the rest. */
export function pathIcon(entry: Pick<ShownEntry, 'type'>): vscode.ThemeIcon {
  if (entry.type === 'file') return vscode.ThemeIcon.File;
  return entry.type === 'dir' ? vscode.ThemeIcon.Folder : new vscode.ThemeIcon(entryIcon(entry));
}

/** What stands beside a name: a file's size, where a link leads, what a special file is. */
export function entryDescription(entry: ShownEntry): string {
  if (entry.type === 'file') return sizeText(entry.size);
  if (entry.type === 'symlink') return `\u2192 ${nameText(entry.linkTarget ?? entry.name)}`;
  return entry.type === 'dir' ? '' : typeText(entry);
}

export function typeText(entry: Pick<ShownEntry, 'type'>): string {
  const words: Record<EntryType, string> = {
    file: vscode.l10n.t('file'),
    dir: vscode.l10n.t('directory'),
    symlink: vscode.l10n.t('symbolic link'),
    char: vscode.l10n.t('character device'),
    block: vscode.l10n.t('block device'),
    fifo: vscode.l10n.t('named pipe'),
  };
  return words[entry.type];
}

/** Everything about an entry: the layer, its instruction, mode, owner, time. `change` says what the layer did. */
export function entryTooltip(image: Image, entry: RootfsEntry, change?: string): SafeMarkdown {
  return new SafeMarkdown()
    .title(nameText(entry.path))
    .facts([
      [vscode.l10n.t('Change'), change],
      [vscode.l10n.t('Layer'), String(entry.layer)],
      ...entryFacts(entry),
    ])
    .code(layerTitle(image, entry.layer));
}

/** What a path is, line by line. */
export function entryFacts(
  entry: ShownEntry,
): readonly (readonly [name: string, value: string | undefined])[] {
  const device = entry.device && `${entry.device.major}, ${entry.device.minor}`;
  return [
    [vscode.l10n.t('Type'), typeText(entry)],
    [vscode.l10n.t('Leads to'), entry.linkTarget === undefined ? undefined : nameText(entry.linkTarget)],
    [vscode.l10n.t('Device'), device],
    [vscode.l10n.t('Size'), entry.type === 'file' ? sizeText(entry.size) : undefined],
    [vscode.l10n.t('Mode'), permissionsText(entry)],
    [vscode.l10n.t('Owner'), ownerText(entry)],
    [vscode.l10n.t('Modified'), entry.mtime === undefined ? undefined : timeText(entry.mtime)],
    [vscode.l10n.t('Attributes'), entry.xattrs && [...entry.xattrs.keys()].map(nameText).join(', ')],
  ];
}

/** `-rw-r--r-- (0644)`. */
export function permissionsText({ type, mode }: Pick<ShownEntry, 'type' | 'mode'>): string {
  return `${modeText(type, mode)} (${octalText(mode)})`;
}

/** `1000:1000`. */
export function ownerText({ uid, gid }: Pick<ShownEntry, 'uid' | 'gid'>): string {
  return `${uid}:${gid}`;
}

/** `0644`. */
export function octalText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
