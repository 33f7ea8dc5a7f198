import * as vscode from 'vscode';
import { EngineError, familiarName, formatPlatform, normalizeName } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { chooseImage } from '../imageChoice.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, oneLine } from '../text.ts';
import { askForReference } from './askForReference.ts';
import { choosePlatforms } from './choosePlatforms.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import { referenceFor, rememberRepository } from './remoteReference.ts';
import type { Transfers } from './transfers.ts';
import { resultText } from './transferTexts.ts';

/** Copies an image from a registry into Lamina's store. */
export async function pullImage(
  context: EditorContext,
  connected: ConnectedRegistries,
  transfers: Transfers,
  args: readonly unknown[],
): Promise<void> {
  const title = vscode.l10n.t('Pull Image');
  const prompt = vscode.l10n.t('The image is copied into Lamina’s store.');
  const reference = await referenceFor(context, args, title, prompt);
  if (reference === undefined) return;
  const name = oneLine(familiarName(reference));
  await using source = await withProgress(vscode.l10n.t('Opening {0}', name), (options) =>
    context.engine.openRemote(reference, options),
  );
  const [entry] = await source.list();
  if (entry === undefined) throw new EngineError('not-found', reference, 'the registry names no image');
  const choice = await choosePlatforms(entry, args, title);
  if (choice === undefined) return;
  const { variant } = choice;
  const result = await transfers.run('pull', name, vscode.l10n.t('Pulling {0}', name), (options) =>
    context.engine.store.import(source, entry, normalizeName(reference), {
      ...options,
      ...(variant && { variant }),
    }),
  );
  await rememberRepository(connected, reference);
  await context.images.reload('store:');
  void vscode.window.showInformationMessage(resultText(result, 'pull', name));
}

/** Sends an image to a registry. */
export async function pushImage(
  context: EditorContext,
  connected: ConnectedRegistries,
  transfers: Transfers,
  args: readonly unknown[],
): Promise<void> {
  const title = vscode.l10n.t('Push Image');
  const opened = await chooseImage(context, args, title);
  const choice = opened && (await choosePlatforms(opened.entry, args, title));
  if (opened === undefined || choice === undefined) return;
  const platform = choice.variant?.platform;
  const prompt = vscode.l10n.t('Where {0} is sent to: registry/name:tag', imageTitle(opened.image));
  const destination = await askForReference(title, prompt, suggestionFor(opened));
  if (destination === undefined) return;
  const name = oneLine(familiarName(destination));
  const result = await transfers.run('push', name, vscode.l10n.t('Pushing {0}', name), (options) =>
    context.engine.push(
      opened.source,
      opened.entry,
      {
        destination,
        ...(platform && { platform: formatPlatform(platform) }),
      },
      options,
    ),
  );
  await rememberRepository(connected, destination);
  void vscode.window.showInformationMessage(resultText(result, 'push', name));
}

function suggestionFor({ image }: OpenedImage): string {
  return image.names[0] === undefined ? '' : familiarName(image.names[0]);
}
