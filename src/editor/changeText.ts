import * as vscode from 'vscode';
import type { Aspect, ChangedAspect, ChangeKind, ContainerFileChange } from '../engine/index.ts';

/** As `docker diff` has them. */
export const changeLetters: Readonly<Record<ChangeKind, 'A' | 'C' | 'D'>> = {
  added: 'A',
  modified: 'C',
  removed: 'D',
};

/** `content, mode`: in which ways two versions of a path differ. */
export function aspectsText(differs: readonly (Aspect | ChangedAspect)[]): string {
  return differs.map(aspectText).join(', ');
}

/** What became of a path in a container, and why it counts as changed: `C · content, mode`. */
export function containerChangeText(change: ContainerFileChange): string {
  return `${changeLetters[change.kind]} \u00b7 ${changeReason(change)}`;
}

/** The same without the letter. */
export function changeReason({ kind, differs }: ContainerFileChange): string {
  if (kind === 'added') return vscode.l10n.t('added');
  if (kind === 'removed') return vscode.l10n.t('removed');
  return differs.length === 0 ? vscode.l10n.t('something in it changed') : aspectsText(differs);
}

/** Whether the path itself differs; not so a folder that is listed only for what changed in it. */
export function isOwnChange({ kind, differs }: ContainerFileChange): boolean {
  return kind !== 'modified' || differs.length > 0;
}

function aspectText(aspect: Aspect | ChangedAspect): string {
  const words: Record<Aspect | ChangedAspect, string> = {
    content: vscode.l10n.t('content'),
    mode: vscode.l10n.t('mode'),
    owner: vscode.l10n.t('owner'),
    mtime: vscode.l10n.t('time'),
    xattr: vscode.l10n.t('attributes'),
    capability: vscode.l10n.t('capabilities'),
    type: vscode.l10n.t('type'),
    link: vscode.l10n.t('link target'),
  };
  return words[aspect];
}
