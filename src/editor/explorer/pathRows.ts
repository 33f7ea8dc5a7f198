import * as vscode from 'vscode';
import { baseName, type ChangeKind, type LayerChange, type RootfsEntry } from '../../engine/index.ts';
import { entryDescription, entryTooltip, isChangeItself, pathIcon, typeText } from '../entryText.ts';
import { SafeMarkdown } from '../markdown.ts';
import type { ChangeNode, FileNode } from '../nodes.ts';
import { nameText, sizeText } from '../text.ts';
import { rootfsUri } from '../uri.ts';
import { facts, type Row } from '../row.ts';

// Paths: in the union, and as one layer changes them.

export function fileRow(node: FileNode): Row {
  const { entry, opened } = node;
  const isDirectory = entry.type === 'dir';
  const uri = rootfsUri(opened.image, entry.path);
  return {
    label: nameText(entry.name),
    description: entryDescription(entry),
    icon: pathIcon(entry),
    folds: isDirectory ? 'closed' : undefined,
    context: isDirectory ? 'directory' : 'file',
    spoken: facts(typeText(entry), vscode.l10n.t('from layer {0}', entry.layer)),
    uri,
    command: isDirectory ? undefined : openCommand(node, entry, uri),
  };
}

export function fileTooltip({ entry, opened }: FileNode): SafeMarkdown {
  return entryTooltip(opened.image, entry);
}

export function changeRow(node: ChangeNode): Row {
  const { change, opened, layer } = node;
  const shown = change.entry ?? change.before;
  const isFolder = shown?.type === 'dir';
  const uri = rootfsUri(opened.image, change.path, layer);
  const tokens = ['change', change.kind, shown?.type === 'dir' ? 'directory' : 'file'];
  return {
    label: nameText(baseName(change.path)),
    description: changeDescription(node),
    icon: shown && pathIcon(shown),
    folds: isFolder ? 'closed' : undefined,
    context: tokens.join(' '),
    spoken: isChangeItself(change) && change.isUncertain !== true ? changeText(change.kind) : undefined,
    uri,
    command: isFolder || shown === undefined ? undefined : openCommand(node, shown, uri),
  };
}

export function changeTooltip({ change, opened, layer }: ChangeNode): SafeMarkdown {
  const text = whatHappened(change, layer);
  const shown = change.entry ?? change.before;
  return shown === undefined ? new SafeMarkdown().paragraph(text) : entryTooltip(opened.image, shown, text);
}

function whatHappened(change: LayerChange, layer: number): string {
  if (!isChangeItself(change)) return vscode.l10n.t('not changed itself; something below is');
  if (change.isUncertain !== true) return vscode.l10n.t('{0} by layer {1}', changeText(change.kind), layer);
  return vscode.l10n.t('in layer {0}; whether it is new is known once the layers below are fetched', layer);
}

export function changeText(kind: ChangeKind): string {
  const words: Record<ChangeKind, string> = {
    added: vscode.l10n.t('added'),
    modified: vscode.l10n.t('modified'),
    removed: vscode.l10n.t('removed'),
  };
  return words[kind];
}

function changeDescription({ change }: ChangeNode): string {
  const { entry, before } = change;
  if (change.kind === 'removed')
    return facts(vscode.l10n.t('removed'), before?.type === 'file' ? sizeText(before.size) : undefined);
  if (entry === undefined) return '';
  return entry.type === 'dir' ? (change.size > 0 ? sizeText(change.size) : '') : entryDescription(entry);
}

/** A plain file is opened by VS Code itself, which knows about previews and second clicks; the rest needs a word. */
function openCommand(node: FileNode | ChangeNode, entry: RootfsEntry, uri: vscode.Uri): vscode.Command {
  const title = vscode.l10n.t('Open');
  const isPlain = entry.type === 'file' && !(node.kind === 'change' && node.change.kind === 'removed');
  return isPlain && entry.size < plainUpTo
    ? { command: 'vscode.open', title, arguments: [uri] }
    : { command: 'lamina.openFile', title, arguments: [node] };
}

/** Smaller than any limit worth setting. */
const plainUpTo = 1_000_000;
