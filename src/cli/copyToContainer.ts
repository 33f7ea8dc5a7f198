import { lstat, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  baseName,
  copyIn,
  EngineError,
  fromText,
  hostFiles,
  type IncomingFile,
  type LayerPath,
  parentPath,
  parseLayerPath,
  type Problem,
  type StoreContainerFiles,
  tarFiles,
  toEngineError,
  toText,
} from '../engine/index.ts';
import type { ContainerPath } from './containerName.ts';
import { type CopySource, meansContents, meansDirectory, placeOf } from './copyPlace.ts';
import type { Session } from './session.ts';
import { UsageError } from './usageError.ts';

/** Copies a file or folder of this machine, or a tar from standard input, into a container. Returns what was left out. */
export async function copyToContainer(
  session: Session,
  from: string,
  { container, path: to = '/' }: ContainerPath,
): Promise<readonly Problem[]> {
  const files = await session.openContainer(container);
  if (from === '-') {
    await copyTar(session, files, to);
    return [];
  }
  const source = await sourceAt(from, session.args.isOn('follow-link'));
  const { directory, name } = placeIn(files, source, to);
  const problems: Problem[] = [];
  const incoming = hostFiles(
    {
      path: source.path,
      name: fromText(name ?? ''),
      followsLink: source.followsLink,
      onProblem: (problem) => problems.push(problem),
    },
    session.callOptions,
  );
  await copy(session, files, directory, incoming, session.args.isOn('archive') ? 'kept' : 'root');
  return problems;
}

/** Owners are those of the tar, as with `docker cp`. */
async function copyTar(session: Session, files: StoreContainerFiles, to: string): Promise<void> {
  const { stdin } = session.host;
  if (stdin === undefined) throw new UsageError('-', 'this is a terminal; pipe a tar in');
  requireFolder(files, to);
  const bytes = stdin() as AsyncIterable<Uint8Array>;
  await copy(session, files, parseLayerPath(to), tarFiles(bytes, 'standard input'), 'kept');
}

/** Asked before a tar is waited for. */
function requireFolder({ view }: StoreContainerFiles, to: string): void {
  const there = view.resolve(parseLayerPath(to));
  if (there === undefined) throw new EngineError('not-found', to, 'there is no such folder');
  if (there.type !== 'dir') throw new EngineError('not-a-directory', to, 'it is not a folder');
}

async function copy(
  session: Session,
  target: StoreContainerFiles,
  directory: LayerPath,
  files: AsyncIterable<IncomingFile>,
  owner: 'root' | 'kept',
): Promise<void> {
  await copyIn({ target, directory, files, owner }, session.callOptions);
  session.progress.clear();
}

interface HostSource extends CopySource {
  readonly path: string;
  readonly followsLink: boolean;
}

async function sourceAt(from: string, isFollowed: boolean): Promise<HostSource> {
  if (from === '') throw new UsageError(from, 'what to copy is missing');
  const isFolder = meansDirectory(from);
  const followsLink = isFollowed || isFolder;
  const absolute = path.resolve(from);
  try {
    const isDirectory = (followsLink ? await stat(absolute) : await lstat(absolute)).isDirectory();
    if (isFolder && !isDirectory) throw new EngineError('not-a-directory', from, 'it is not a folder');
    const name = path.basename(absolute);
    return { path: absolute, isDirectory, isContents: meansContents(from), name, followsLink };
  } catch (error) {
    throw toEngineError(error, from);
  }
}

/** The folder and the name in it; no name for contents that go into the folder itself. */
function placeIn(
  { view }: StoreContainerFiles,
  source: CopySource,
  to: string,
): { readonly directory: LayerPath; readonly name: string | undefined } {
  const at = parseLayerPath(to);
  const there = view.resolve(at);
  const kind = there === undefined ? undefined : there.type === 'dir' ? 'directory' : 'other';
  const place = placeOf(source, { path: to, there: kind });
  if (place.in === 'destination') return { directory: at, name: place.name };
  const file = there?.path ?? at;
  return { directory: parentPath(file), name: toText(baseName(file)) };
}
