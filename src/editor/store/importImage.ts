import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { chooseImage, imagesOfSelection } from '../imageChoice.ts';
import { nodesOf } from '../nodes.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, referenceTitle } from '../text.ts';
import { askForName } from '../imageNames.ts';

/** Copies images into Lamina's store, under the names they have or, when they have none, one that is asked for. */
export async function importIntoStore(context: EditorContext, args: readonly unknown[]): Promise<void> {
  for (const opened of await imagesToImport(context, args)) {
    const names = opened.entry.names.length > 0 ? opened.entry.names : await askedName(opened);
    if (names === undefined) return;
    await importOne(context, opened, names);
  }
}

async function importOne(
  { engine, images }: EditorContext,
  opened: OpenedImage,
  names: readonly (string | undefined)[],
): Promise<void> {
  const { source, entry, image } = opened;
  await withProgress(vscode.l10n.t('Importing {0}', imageTitle(image)), async (options) => {
    for (const name of names) await engine.store.import(source, entry, name, options);
  });
  await images.reload('store:');
  const shown =
    names
      .map(referenceTitle)
      .filter((name) => name !== undefined)
      .join(', ') || imageTitle(image);
  void vscode.window.showInformationMessage(vscode.l10n.t('{0} is in the Lamina store.', shown));
}

async function imagesToImport(
  context: EditorContext,
  args: readonly unknown[],
): Promise<readonly OpenedImage[]> {
  const entries = nodesOf(args).flatMap((node) => (node.kind === 'entry' ? node.images.slice(0, 1) : []));
  const selected = [
    ...entries.filter((each) => 'image' in each),
    ...(await imagesOfSelection(context, args)),
  ];
  if (selected.length > 0) return selected;
  const opened = await chooseImage(context, args, vscode.l10n.t('Import into Store'));
  return opened === undefined ? [] : [opened];
}

/** A name, or none when the person leaves it empty; undefined when the import is called off. */
async function askedName({ image }: OpenedImage): Promise<readonly (string | undefined)[] | undefined> {
  const prompt = vscode.l10n.t(
    'A name for {0} in the store; leave it empty to import it without one.',
    imageTitle(image),
  );
  const name = await askForName(vscode.l10n.t('Import into Store'), prompt, '', 'optional');
  return name === undefined ? undefined : [name === '' ? undefined : name];
}
