import * as vscode from 'vscode';
import type { ByteRange, EntryType } from '../engine/index.ts';
import { countText } from './text.ts';

/** Texts shown side by side at once; a multi-file editor slows down with more. */
const mostShown = 200;
const largestText = 1_000_000;
const sniffedBytes = 8000;

/** What is at a path before or after a change. */
export interface PathVersion {
  readonly type: EntryType;
  readonly size: number;
  /** The bytes in the range, end exclusive. */
  readonly read: (range: ByteRange) => AsyncIterable<Uint8Array>;
}

/** A row of VS Code's multi-file diff: whose name it bears, and its sides. */
export type DiffRow = readonly [
  label: vscode.Uri,
  before: vscode.Uri | undefined,
  after: vscode.Uri | undefined,
];

/** Changes that can be read side by side: text files, up to a number. */
export async function textChanges<T>(
  changes: readonly T[],
  versionsOf: (change: T) => readonly PathVersion[],
): Promise<readonly T[]> {
  const texts: T[] = [];
  for (const change of changes) {
    if (texts.length >= mostShown) break;
    const versions = versionsOf(change);
    if (versions.length === 0 || !versions.every(isSmallFile)) continue;
    const areTexts = await Promise.all(versions.map(isText));
    if (areTexts.every(Boolean)) texts.push(change);
  }
  return texts;
}

/** Shows changes in one editor. What is no text is left out of it, and offered as a list. */
export async function showChanges(
  title: string,
  rows: readonly DiffRow[],
  all: number,
  openList: () => Promise<void>,
): Promise<void> {
  if (rows.length > 0) await vscode.commands.executeCommand('vscode.changes', title, rows);
  if (rows.length < all) await offerList(rows.length, all, openList);
}

async function offerList(shown: number, all: number, openList: () => Promise<void>): Promise<void> {
  const list = vscode.l10n.t('List All Changes');
  const message =
    shown === 0
      ? vscode.l10n.t('None of the {0} changes is a text to compare.', countText(all))
      : vscode.l10n.t(
          '{0} of {1} changes are texts and shown side by side.',
          countText(shown),
          countText(all),
        );
  if ((await vscode.window.showInformationMessage(message, list)) === list) await openList();
}

function isSmallFile({ type, size }: PathVersion): boolean {
  return type === 'file' && size <= largestText;
}

/** As git decides: no NUL near the beginning. */
async function isText({ size, read }: PathVersion): Promise<boolean> {
  const range = { start: 0, end: Math.min(size, sniffedBytes) };
  if (range.end === 0) return true;
  for await (const bytes of read(range)) {
    if (bytes.includes(0)) return false;
  }
  return true;
}
