import * as vscode from 'vscode';
import { type Digest, type ImageEntry } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { nodesOf } from '../nodes.ts';
import { storeLocation } from '../openedImages.ts';
import { pickText, referenceTitle, shortId } from '../text.ts';

/** An image of the store, by what `index.json` names. */
export interface StoredEntry {
  readonly names: readonly string[];
  readonly target: Digest;
}

/** The store's images a command was called on, or one that a person chooses. */
export async function chooseStored(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly StoredEntry[]> {
  const given = nodesOf(args).flatMap((node) => {
    if (node.kind === 'image' && node.opened.source.kind === 'store') return [node.opened.entry];
    return node.kind === 'entry' && node.source.kind === 'store' ? [node.entry] : [];
  });
  if (given.length > 0) return given.flatMap(storedEntry);
  const picked = await pickStored(context, title);
  return picked === undefined ? [] : [picked];
}

async function pickStored({ images }: EditorContext, title: string): Promise<StoredEntry | undefined> {
  const entries = (await (await images.source(storeLocation)).list()).flatMap(storedEntry);
  if (entries.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The Lamina store is empty. “Lamina: Import into Store” puts an image into it.'),
    );
    return undefined;
  }
  const items = entries.map((entry) => ({
    label: pickText(storedTitle(entry)),
    description: entry.target,
    entry,
  }));
  const placeHolder = vscode.l10n.t('Choose an image of the store');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.entry;
}

export function storedTitle({ names, target }: StoredEntry): string {
  return referenceTitle(names[0]) ?? shortId(target) ?? '';
}

function storedEntry({ names, target }: ImageEntry): readonly StoredEntry[] {
  return target === undefined ? [] : [{ names, target: target.digest }];
}
