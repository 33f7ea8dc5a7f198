import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  baseName,
  EngineError,
  type FileTree,
  parseLayerPath,
  type Problem,
  type RootfsEntry,
  saveTree,
  toEngineError,
  toText,
  treeTar,
} from '../engine/index.ts';
import type { ContainerPath } from './containerName.ts';
import { type CopySource, meansContents, meansDirectory, placeOf } from './copyPlace.ts';
import type { Session } from './session.ts';
import { UsageError } from './usageError.ts';

/** Copies what a container has at a path to this machine, or as a tar to standard output. Returns what was left out. */
export async function copyFromContainer(
  session: Session,
  { container, path: typed = '/' }: ContainerPath,
  to: string,
): Promise<readonly Problem[]> {
  const tree = await (await session.openContainer(container)).tree();
  const entry = sourceIn(tree, typed, session.args.isOn('follow-link'));
  const source = {
    isDirectory: entry.type === 'dir',
    isContents: meansContents(typed) || entry.path === '/',
    name: toText(baseName(parseLayerPath(typed))),
  };
  if (to !== '-') return saveHere(session, tree, entry, { source, to });
  await printTar(session, tree, entry, source);
  return [];
}

/** @throws EngineError `not-found`, `not-a-directory`. */
function sourceIn({ view }: FileTree, typed: string, followsLink: boolean): RootfsEntry {
  const at = parseLayerPath(typed);
  const isFolder = meansDirectory(typed);
  const entry = followsLink || isFolder ? view.resolve(at) : view.lookup(at);
  if (entry === undefined) throw new EngineError('not-found', typed, 'the container does not have it');
  if (isFolder && entry.type !== 'dir') throw new EngineError('not-a-directory', typed, 'it is not a folder');
  return entry;
}

async function printTar(
  session: Session,
  tree: FileTree,
  entry: RootfsEntry,
  source: CopySource,
): Promise<void> {
  if (session.out.isTerminal)
    throw new UsageError('-', 'this is a terminal; send the tar to a file or a pipe');
  const name = source.isContents ? '' : parseLayerPath(source.name).slice(1);
  for await (const bytes of treeTar(tree, entry, name, session.callOptions)) await session.out.bytes(bytes);
  session.progress.clear();
  await session.out.flush();
}

async function saveHere(
  session: Session,
  tree: FileTree,
  entry: RootfsEntry,
  copy: { readonly source: CopySource; readonly to: string },
): Promise<readonly Problem[]> {
  const { destination, name } = await hostPlace(copy.source, copy.to);
  const part = name === undefined ? { isContents: true } : { name };
  return saveTree(tree, { path: entry.path, destination, ...part, replaces: true }, session.callOptions);
}

/** Links that the person typed are followed; from there on none is. */
async function hostPlace(
  source: CopySource,
  to: string,
): Promise<{ readonly destination: string; readonly name: string | undefined }> {
  const there = await whatIsAt(to);
  const place = placeOf(source, { path: to, there });
  if (place.in === 'destination') return { destination: to, name: place.name };
  const file = there === undefined ? path.resolve(to) : await realpath(to);
  return { destination: path.dirname(file), name: path.basename(file) };
}

async function whatIsAt(to: string): Promise<'directory' | 'other' | undefined> {
  if (to === '') throw new UsageError(to, 'the destination is missing');
  try {
    return (await stat(to)).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    const failure = toEngineError(error, to);
    if (failure.code === 'not-found') return undefined;
    throw failure;
  }
}
