import {
  type LayerChange,
  type LayerPath,
  parseLayerPath,
  type RootfsEntry,
  type UnionView,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { listOptions } from '../commonOptions.ts';
import { EntryJson } from '../entryJson.ts';
import { entryLine } from '../entryLine.ts';
import type { ExitCode } from '../exitCode.ts';
import { splitImagePath } from '../imageName.ts';
import { layerNumber } from '../layerNumber.ts';
import type { OpenedTree } from '../openTree.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const ls: Command = {
  name: 'ls',
  usage: 'IMAGE[:PATH]',
  summary: 'list files of the file system that the layers add up to, or of one layer',
  details: [
    'Layers count from 0, the lowest. With --layer, A, M and D say what the layer adds, modifies and removes. Of a container',
    'the uppermost one is its writable layer.',
  ],
  options: [
    { name: 'long', short: 'l', help: 'with mode, owner, size, time and layer' },
    { name: 'recursive', short: 'R', help: 'with everything below' },
    { name: 'layer', value: 'N', help: "one layer's own changes" },
    { name: 'upto', value: 'N', help: 'the union of the layers 0 to N' },
    { name: 'hash', help: 'with the SHA-256 of every file (JSON)' },
    ...listOptions,
  ],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  if (args.value('layer') !== undefined && args.value('upto') !== undefined)
    throw new UsageError('--upto', 'it does not go together with --layer');
  const typed = splitImagePath(args.positionals[0] ?? '', session.host.platform);
  const tree = await session.openTree(typed.image);
  const path = parseLayerPath(typed.path ?? '/');
  const layer = layerNumber(args, 'layer', tree.layerCount);
  return layer === undefined
    ? listUnion(session, tree, path, layerNumber(args, 'upto', tree.layerCount))
    : listLayer(session, tree, path, layer);
}

async function listUnion(
  session: Session,
  tree: OpenedTree,
  path: LayerPath,
  upTo: number | undefined,
): Promise<ExitCode> {
  const { args, out } = session;
  const view = await tree.union(upTo);
  const entries = entriesOf(view, path, args.isOn('recursive'));
  if (wantsJson(args)) {
    const json = new EntryJson(view, args.isOn('hash') ? tree.hash : undefined);
    await printJsonList(out, args, json.all(entries));
  } else {
    for (const entry of entries) await out.bytesLine(entryLine(out, entry, args, namePart(entry, args)));
  }
  await out.flush();
  return session.warn([...tree.image.problems, ...view.problems()]);
}

async function listLayer(
  session: Session,
  tree: OpenedTree,
  path: LayerPath,
  layer: number,
): Promise<ExitCode> {
  const { args, out } = session;
  const changes = await changesOf(session, tree, layer, path);
  if (wantsJson(args)) {
    const view = await tree.union(layer);
    const json = new EntryJson(view, args.isOn('hash') ? tree.hash : undefined);
    await printJsonList(out, args, json.changes(changes, layer));
  } else {
    for (const change of changes) await out.bytesLine(changeLine(session, change));
  }
  await out.flush();
  const problems = await tree.problemsOf(layer);
  return session.warn([...tree.image.problems, ...problems.map((problem) => ({ ...problem, layer }))]);
}

/** The children of a directory, everything below it, or the entry itself when it is no directory. */
function entriesOf(view: UnionView, path: LayerPath, isRecursive: boolean): Iterable<RootfsEntry> {
  const entry = path === '/' ? undefined : view.resolve(path);
  if (entry !== undefined && entry.type !== 'dir') return [entry];
  return isRecursive ? view.walk(entry?.path ?? path) : view.list(path);
}

/** A layer's changes in a directory; with `-R` all it lists below, without the folders on the way. */
async function changesOf(
  { args }: Session,
  tree: OpenedTree,
  layer: number,
  path: LayerPath,
): Promise<readonly LayerChange[]> {
  if (!args.isOn('recursive')) return tree.changes(layer, path);
  const below = path === '/' ? '/' : `${path}/`;
  const all = await tree.allChanges(layer);
  return all.filter((change) => change.isOwn && change.path.startsWith(below));
}

function changeLine(session: Session, change: LayerChange): string {
  const { args, out } = session;
  const letter = { added: 'A', modified: 'M', removed: 'D' }[change.kind];
  const entry = change.entry ?? change.before;
  const name = args.isOn('recursive') ? change.path : change.path.slice(change.path.lastIndexOf('/') + 1);
  return `${letter} ${entry === undefined ? out.name(name) : entryLine(out, entry, args, name)}`;
}

function namePart(entry: RootfsEntry, args: Arguments): string {
  return args.isOn('recursive') ? entry.path : entry.name;
}
