import * as vscode from 'vscode';
import type { FindMatch } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseImage } from '../imageChoice.ts';
import { imageTitle } from '../text.ts';
import { rootfsUri } from '../uri.ts';
import { FindPicker, type FoundFile } from './findPicker.ts';

/** Finds files of an image by a part of their path or a glob, while one types. */
export async function findFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Find File in Image');
  const opened = await chooseImage(context, args, title);
  if (opened === undefined) return;
  const { image } = opened;
  const uriOf = ({ path, hiddenIn }: FoundFile): vscode.Uri => rootfsUri(image, path, hiddenIn);
  const reveal = (found: FoundFile): Thenable<unknown> =>
    vscode.commands.executeCommand('lamina.revealInImages', uriOf(found));
  new FindPicker({
    title: `${title} \u2013 ${imageTitle(image)}`,
    async *find(pattern, options) {
      for await (const match of context.engine.find(image, pattern, options)) yield foundOf(match);
    },
    open: (found) =>
      found.entry.type === 'dir'
        ? reveal(found)
        : vscode.commands.executeCommand('lamina.openFile', uriOf(found)),
    reveal,
    revealText: vscode.l10n.t('Reveal in Images View'),
    log: context.log,
  }).show();
}

export function foundOf({ path, entry, isVisible }: FindMatch): FoundFile {
  return { path, entry, ...(!isVisible && { hiddenIn: entry.layer }) };
}
