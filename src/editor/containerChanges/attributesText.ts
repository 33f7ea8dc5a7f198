import * as vscode from 'vscode';
import type { FileAttributes } from '../../engine/index.ts';
import { typeText } from '../entryText.ts';
import { facts } from '../row.ts';
import { nameText } from '../text.ts';

/** What of a path, beside its content, is another in the container: `mode: 0644 → 0755`. Empty when nothing is. */
export function attributesText(
  before: FileAttributes | undefined,
  after: FileAttributes | undefined,
): string {
  if (before === undefined || after === undefined) return '';
  return facts(
    became(vscode.l10n.t('type'), typeText(before), typeText(after)),
    became(vscode.l10n.t('leads to'), leadsTo(before), leadsTo(after)),
    before.type === 'symlink' ? undefined : became(vscode.l10n.t('mode'), modeOf(before), modeOf(after)),
    became(vscode.l10n.t('owner'), ownerOf(before), ownerOf(after)),
  );
}

function became(what: string, before: string, after: string): string | undefined {
  return before === after ? undefined : `${what}: ${before} \u2192 ${after}`;
}

function leadsTo({ linkTarget }: FileAttributes): string {
  return linkTarget === undefined ? '\u2013' : nameText(linkTarget);
}

function modeOf({ mode }: FileAttributes): string {
  return mode.toString(8).padStart(4, '0');
}

function ownerOf({ uid, gid }: FileAttributes): string {
  return `${uid}:${gid}`;
}
