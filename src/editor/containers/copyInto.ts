import * as vscode from 'vscode';
import {
  copyIn,
  EngineError,
  fromText,
  hostFiles,
  type IncomingFile,
  incomingTar,
  joinPath,
  type LayerPath,
  type Problem,
  toText,
} from '../../engine/index.ts';
import { chooseContainerFolder } from '../containerPaths.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { problemText } from '../problemTexts.ts';
import { withProgress } from '../progress.ts';
import { countText, nameText, oneLine } from '../text.ts';
import { containerFileUri } from '../uri.ts';

/** What is copied into a container: something with an address, or bytes that came with a drop. */
export type CopySource =
  { readonly uri: vscode.Uri } | { readonly name: string; readonly bytes: () => Thenable<Uint8Array> };

/** A folder of a container. */
export interface CopyPlace {
  readonly container: OpenedContainer;
  readonly path: LayerPath;
}

/** Copies files or a folder of this machine into a container. */
export async function copyIntoContainer(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Copy into Container');
  const place = await chooseContainerFolder(context, args, title);
  if (place === undefined) return;
  const uris = await askForSources(title, place);
  await copyInto(
    context,
    place,
    uris.map((uri) => ({ uri })),
  );
}

/** Copies into a folder of a container; what is there is replaced once a person agrees, and folders are gone into. */
export async function copyInto(
  context: EditorContext,
  place: CopyPlace,
  sources: readonly CopySource[],
): Promise<void> {
  if (sources.length === 0 || !(await isReplacingConfirmed(place, sources))) return;
  const { container, path } = place;
  const title = vscode.l10n.t('Copying into {0}', oneLine(container.name));
  const leftOut: Problem[] = [];
  await withProgress(title, async (options) => {
    const local = sources.filter(isLocal);
    if (local.length > 0) {
      const files = allFiles(local, (problem) => leftOut.push(problem));
      await copyLocal(place, files, options);
    }
    for (const source of sources) if (!isLocal(source)) await copyOther(place, source, options.signal);
  });
  for (const problem of leftOut) context.log.warn(problemText(problem));
  const done =
    sources.length === 1
      ? vscode.l10n.t('Copied {0} into {1}.', oneLine(sourceName(sources[0])), nameText(path))
      : vscode.l10n.t('Copied {0} files and folders into {1}.', countText(sources.length), nameText(path));
  vscode.window.setStatusBarMessage(done, 5000);
}

/** Dialogs of most systems choose either files or folders. */
async function askForSources(title: string, { container, path }: CopyPlace): Promise<readonly vscode.Uri[]> {
  const items = [
    { label: vscode.l10n.t('Files…'), iconPath: new vscode.ThemeIcon('file'), isFolder: false },
    { label: vscode.l10n.t('A Folder…'), iconPath: new vscode.ThemeIcon('folder'), isFolder: true },
  ];
  const placeHolder = vscode.l10n.t(
    'What is copied into {0} of {1}?',
    nameText(path),
    oneLine(container.name),
  );
  const kind = await vscode.window.showQuickPick(items, { title, placeHolder });
  if (kind === undefined) return [];
  const chosen = await vscode.window.showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Copy'),
    canSelectMany: true,
    canSelectFiles: !kind.isFolder,
    canSelectFolders: kind.isFolder,
  });
  return chosen ?? [];
}

async function isReplacingConfirmed(
  { container, path }: CopyPlace,
  sources: readonly CopySource[],
): Promise<boolean> {
  const names = sources.map(sourceName);
  const found = await Promise.all(
    names.map((name) => container.files.lookup(joinPath(path, fromText(name)))),
  );
  const there = names.filter((_name, at) => found[at] !== undefined);
  const [first] = there;
  if (first === undefined) return true;
  const message =
    there.length === 1
      ? vscode.l10n.t('{0} is already in {1}. Replace it?', oneLine(first), nameText(path))
      : vscode.l10n.t(
          '{0} of these are already in {1}. Replace them?',
          countText(there.length),
          nameText(path),
        );
  const detail = [
    ...(there.length === 1 ? [] : there.slice(0, mostNamed).map(oneLine)),
    vscode.l10n.t('Files of the container are replaced; in folders, what is not copied stays.'),
  ].join('\n');
  const replace = vscode.l10n.t('Replace');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, replace)) === replace;
}

const mostNamed = 10;

function isLocal(source: CopySource): source is { readonly uri: vscode.Uri } {
  return 'uri' in source && source.uri.scheme === 'file';
}

function sourceName(source: CopySource | undefined): string {
  if (source === undefined) return '';
  return 'uri' in source ? (source.uri.path.split('/').at(-1) ?? '') : source.name;
}

/** Everything of this machine, one after another, so that in a container of the store it appears in one step. */
async function* allFiles(
  sources: readonly { readonly uri: vscode.Uri }[],
  onProblem: (problem: Problem) => void,
): AsyncGenerator<IncomingFile> {
  for (const source of sources)
    yield* hostFiles({
      path: source.uri.fsPath,
      name: fromText(sourceName(source)),
      followsLink: true,
      onProblem,
    });
}

async function copyLocal(
  { container, path }: CopyPlace,
  files: AsyncIterable<IncomingFile>,
  options: Parameters<typeof copyIn>[1],
): Promise<void> {
  const { place, id } = container;
  if (place.kind === 'store')
    await copyIn({ target: place.files, directory: path, files, owner: 'root' }, options);
  else
    await place.engine.client.putArchive(id, toText(path), incomingTar(files, 'root', options), {
      keepsType: true,
      ...(options?.signal && { signal: options.signal }),
    });
}

async function copyOther(
  { container, path }: CopyPlace,
  source: CopySource,
  signal: AbortSignal,
): Promise<void> {
  const name = sourceName(source);
  const target = joinPath(path, fromText(name));
  if (signal.aborted) throw new EngineError('cancelled', name, 'cancelled');
  if ('uri' in source)
    await vscode.workspace.fs.copy(source.uri, containerFileUri(container, target), { overwrite: true });
  else await container.files.writeFile(target, await source.bytes(), { signal });
}
