import { createReadStream } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { LoadResult, SavedImage } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { engineName } from '../engineText.ts';
import { chooseImages } from '../imageChoice.ts';
import { askForName } from '../imageNames.ts';
import { KnownEngine } from '../knownEngine.ts';
import type { OpenedImage } from '../openedImages.ts';
import { withProgress } from '../progress.ts';
import { imageTitle, oneLine, referenceTitle } from '../text.ts';
import { chooseEngine } from './chooseEngine.ts';
import { withEngineProgress } from './engineTransfer.ts';

/** Has an engine pull an image from its registry. */
export async function pullIntoEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Pull into Engine');
  const engine = await chooseEngine(context, args, title);
  if (engine === undefined) return;
  const prompt = vscode.l10n.t('The image that {0} is to pull', engineName(engine));
  const name = await askForName(title, prompt, '');
  if (name === undefined) return;
  const { status } = await withEngineProgress(
    vscode.l10n.t('{0} pulls {1}', engineName(engine), oneLine(name)),
    async (options) => {
      const auth = mayHearSecrets(engine) ? await context.engine.engineAuth(name, options) : undefined;
      return engine.client.pullImage(name, { ...options, ...(auth && { auth }) });
    },
  );
  if (status !== undefined)
    void vscode.window.showInformationMessage(oneLine(status.replace(/^Status: /, '')));
}

/** Anybody on the way to an engine elsewhere that is spoken to without TLS could read along. */
function mayHearSecrets({ found: { endpoint, isRemote } }: KnownEngine): boolean {
  return !(isRemote && endpoint.kind === 'tcp' && endpoint.tls === undefined);
}

/** Gives an engine an archive as it is: the engine says what it takes. */
export async function loadArchive(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Load Archive into Engine');
  const engine = await chooseEngine(context, args, title);
  if (engine === undefined) return;
  const dropped = urisOf(args[1]);
  const files =
    dropped.length > 0
      ? dropped
      : ((await vscode.window.showOpenDialog({
          title,
          openLabel: vscode.l10n.t('Load'),
          filters: {
            [vscode.l10n.t('Image archives')]: ['tar', 'gz', 'tgz', 'zst'],
            [vscode.l10n.t('All files')]: ['*'],
          },
        })) ?? []);
  for (const file of files) await loadFile(engine, file.fsPath);
}

function urisOf(value: unknown): readonly vscode.Uri[] {
  return Array.isArray(value) ? value.filter((each) => each instanceof vscode.Uri) : [];
}

async function loadFile(engine: KnownEngine, file: string): Promise<void> {
  const title = vscode.l10n.t('{0} loads {1}', engineName(engine), oneLine(path.basename(file)));
  const result = await withEngineProgress(title, (options) =>
    engine.client.loadImages(createReadStream(file), options),
  );
  tell(engine, result);
}

/** Sends images of Lamina's store, of archives or of another engine into an engine: the third argument, or one that is chosen. */
export async function loadIntoEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Load into Engine');
  const images = await chooseImages(context, args, title);
  if (images.length === 0) return;
  const dropTarget: unknown = args[2];
  const engine = dropTarget instanceof KnownEngine ? dropTarget : await chooseEngine(context, [], title);
  if (engine !== undefined) await sendIntoEngine(engine, images);
}

async function sendIntoEngine(engine: KnownEngine, images: readonly OpenedImage[]): Promise<void> {
  const names = images.map(({ image }) => imageTitle(image)).join(', ');
  const result = await withProgress(vscode.l10n.t('{0} loads {1}', engineName(engine), names), (options) =>
    engine.connection.load(images.map(savedImage), options),
  );
  tell(engine, result);
}

function savedImage({ source, entry, variant }: OpenedImage): SavedImage {
  return entry.variants.length > 1 ? { source, entry, variant } : { source, entry };
}

function tell(engine: KnownEngine, { loaded, warnings }: LoadResult): void {
  const names = loaded.map((name) => referenceTitle(name) ?? oneLine(name)).join(', ');
  for (const warning of warnings) void vscode.window.showWarningMessage(oneLine(warning));
  if (names !== '')
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has {1}.', engineName(engine), names));
}
