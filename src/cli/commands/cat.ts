import { type EntryType, EngineError, parseLayerPath, type RootfsEntry, toText } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { platformOption } from '../commonOptions.ts';
import { type ExitCode, exitCodeOfProblems } from '../exitCode.ts';
import { splitImagePath } from '../imageName.ts';
import { layerNumber } from '../layerNumber.ts';
import type { OpenedTree } from '../openTree.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const cat: Command = {
  name: 'cat',
  usage: 'IMAGE:PATH',
  summary: "print a file's bytes",
  details: ['Links are followed inside the image. With --layer, the version that one layer holds.'],
  options: [{ name: 'layer', value: 'N', help: 'the version of one layer' }, platformOption],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const typed = splitImagePath(args.positionals[0] ?? '', session.host.platform);
  if (typed.path === undefined)
    throw new UsageError(args.positionals[0] ?? '', 'a path is missing: IMAGE:/PATH');
  const tree = await session.openTree(typed.image);
  const file = await fileOf(session, tree, typed.path);
  for await (const bytes of tree.read(file)) await session.out.bytes(bytes);
  await session.out.flush();
  return exitCodeOfProblems([]);
}

/** @throws EngineError `not-found`, `not-a-file`. */
async function fileOf(session: Session, tree: OpenedTree, typed: string): Promise<RootfsEntry> {
  const path = parseLayerPath(typed);
  const layer = layerNumber(session.args, 'layer', tree.layerCount);
  const view = await tree.union(layer);
  const entry = view.resolve(path);
  if (entry === undefined || (layer !== undefined && entry.layer !== layer))
    throw new EngineError(
      'not-found',
      toText(path),
      layer === undefined ? 'there is no such file' : `layer ${layer} has no version of it`,
    );
  if (entry.type !== 'file')
    throw new EngineError('not-a-file', toText(path), `it is a ${kinds[entry.type]}`);
  return entry;
}

const kinds: Record<EntryType, string> = {
  file: 'file',
  dir: 'directory',
  symlink: 'symbolic link',
  char: 'character device',
  block: 'block device',
  fifo: 'pipe',
};
