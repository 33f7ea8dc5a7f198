import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderDocument } from '../documents.ts';
import { chooseImage, imagesOfSelection, pickImage } from '../imageChoice.ts';
import { belowOf, type OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle } from '../text.ts';
import { documentScheme, documentUri } from '../uri.ts';
import { historyText } from './historyText.ts';
import { LayerLinks } from './layerLinks.ts';

type Kind = 'history' | 'inspect';

/** How an image was made and what it is configured to do, as texts. */
export function registerHistory(context: EditorContext): CommandTable {
  const selector = { scheme: documentScheme, pattern: '/history/**' };
  context.subscriptions.push(vscode.languages.registerDocumentLinkProvider(selector, new LayerLinks()));
  return {
    'lamina.showHistory': (...args) => show(context, 'history', args),
    'lamina.inspect': (...args) => show(context, 'inspect', args),
    'lamina.compareHistory': (...args) => compare(context, 'history', args),
    'lamina.compareInspect': (...args) => compare(context, 'inspect', args),
  };
}

export function historyDocuments(context: EditorContext): Readonly<Record<Kind, RenderDocument>> {
  return {
    history: (opened) => historyText(context, opened),
    inspect: async ({ image }) => {
      const inspected = await context.engine.inspect(image, 'classic', { priority: 'seen' });
      return `${JSON.stringify([inspected], undefined, 4)}\n`;
    },
  };
}

async function show(context: EditorContext, kind: Kind, args: readonly unknown[]): Promise<void> {
  const opened = await chooseImage(context, args, titleOf(kind));
  if (opened === undefined) return;
  if (kind === 'inspect' || belowOf(opened) === 'all') await prepare(context, opened);
  await vscode.commands.executeCommand('vscode.open', uriOf(opened, kind));
}

/** Two images side by side: those that are selected, else one that is chosen beside the one the command was called on. */
async function compare(context: EditorContext, kind: Kind, args: readonly unknown[]): Promise<void> {
  const selected = await imagesOfSelection(context, args);
  const title =
    kind === 'history' ? vscode.l10n.t('Compare Histories') : vscode.l10n.t('Compare Inspect Output');
  const left = selected[0] ?? (await chooseImage(context, args, title));
  if (left === undefined) return;
  const right = selected[1] ?? (await pickImage(context, title, left));
  if (right === undefined) return;
  await Promise.all([left, right].map((opened) => prepare(context, opened)));
  const label = `${imageTitle(left.image)} ↔ ${imageTitle(right.image)}`;
  await vscode.commands.executeCommand('vscode.diff', uriOf(left, kind), uriOf(right, kind), label);
}

/** Sizes need every layer; reading them shows progress here, where an opening tab could not. */
async function prepare({ engine }: EditorContext, { image }: OpenedImage): Promise<void> {
  await withProgress(vscode.l10n.t('Reading the layers of {0}', imageTitle(image)), (options) =>
    engine.layerRows(image, { ...options, priority: 'seen' }),
  );
}

function uriOf({ image }: OpenedImage, kind: Kind): vscode.Uri {
  const name = imageTitle(image);
  return documentUri(image, kind, kind === 'history' ? `${name}.image-history` : `${name}.json`);
}

function titleOf(kind: Kind): string {
  return kind === 'history' ? vscode.l10n.t('Show History') : vscode.l10n.t('Inspect');
}
