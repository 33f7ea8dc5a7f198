import {
  compareTrees,
  type ContainerFileChange,
  type RootfsEntry,
  type ViewChange,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { listOptions } from '../commonOptions.ts';
import { parseContainer } from '../containerName.ts';
import { changeLetters, diffLines } from '../diffLines.ts';
import { attributeFields, type EntryObject, pathFields } from '../entryJson.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { layerDifferences, layerDifferenceRow, type ComparedLayer } from '../layerDifferences.ts';
import { type OpenedTree, toFileTree } from '../openTree.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const diff: Command = {
  name: 'diff',
  usage: 'CONTAINER | A B',
  summary: 'list what a container changed, or what differs between two images, as `docker diff` does',
  details: [
    "A, C and D: added, changed and deleted, of a container against its own image by docker's rules; of two operands on the",
    'way from A to B. A and B are images or containers (container:NAME). --json tells every path that differs in anything,',
    'and in what. --layers compares the lists of layers: `=` both have it, `-` only A, `+` only B.',
  ],
  options: [{ name: 'layers', help: 'the layers instead of the files' }, ...listOptions],
  positionals: { min: 1, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [one = '', other] = args.positionals;
  return other === undefined ? diffContainer(session, one) : diffTrees(session, one, other);
}

async function diffContainer(session: Session, typed: string): Promise<ExitCode> {
  const { args, out, callOptions } = session;
  if (args.isOn('layers')) throw new UsageError('--layers', 'it takes two operands');
  const changes = await (await session.openContainer(parseContainer(typed))).changes(callOptions);
  session.progress.clear();
  if (wantsJson(args)) await printJsonList(out, args, changes.map(changeObject));
  else for (const { kind, path } of changes) await out.bytesLine(`${changeLetters[kind]} ${out.name(path)}`);
  await out.flush();
  return exitCode.done;
}

function changeObject({ path, kind, differs, before, after }: ContainerFileChange): EntryObject {
  return {
    ...pathFields(path),
    change: kind,
    differs,
    ...(before !== undefined && { before: attributeFields(before) }),
    ...(after !== undefined && { after: attributeFields(after) }),
  };
}

async function diffTrees(session: Session, one: string, other: string): Promise<ExitCode> {
  const [before, after] = [await session.openTree(one), await session.openTree(other)];
  if (session.args.isOn('layers')) await printLayers(session, before, after);
  else await printFiles(session, before, after);
  await session.out.flush();
  return session.warn([...before.image.problems, ...after.image.problems]);
}

async function printFiles(session: Session, before: OpenedTree, after: OpenedTree): Promise<void> {
  const { args, out } = session;
  const changes = await changesBetween(session, before, after);
  if (wantsJson(args)) {
    await printJsonList(out, args, objectsOf(changes));
    return;
  }
  for await (const { letter, path } of diffLines(changes)) await out.bytesLine(`${letter} ${out.name(path)}`);
}

/** Of images alone, the engine compares by hashes, beside this thread. */
async function changesBetween(
  session: Session,
  before: OpenedTree,
  after: OpenedTree,
): Promise<AsyncIterable<ViewChange>> {
  const { callOptions } = session;
  if (before.container === undefined && after.container === undefined)
    return (await session.engine()).compare(before.image, after.image, callOptions);
  return compareTrees(await toFileTree(before), await toFileTree(after), callOptions);
}

async function* objectsOf(changes: AsyncIterable<ViewChange>): AsyncGenerator {
  for await (const { path, kind, differs, before, after } of changes) {
    yield {
      ...pathFields(path),
      change: kind,
      differs,
      ...(before !== undefined && { before: sideOf(before) }),
      ...(after !== undefined && { after: sideOf(after) }),
    };
  }
}

function sideOf(entry: RootfsEntry): EntryObject {
  return { ...attributeFields(entry), layer: entry.layer };
}

async function printLayers({ args, out }: Session, before: OpenedTree, after: OpenedTree): Promise<void> {
  const differences = layerDifferences(layersOf(before), layersOf(after));
  if (wantsJson(args)) {
    await printJsonList(out, args, differences);
    return;
  }
  for (const difference of differences) await out.bytesLine(out.text(layerDifferenceRow(difference)));
}

/** A container's writable layer has no digest yet. */
function layersOf({ image, container }: OpenedTree): readonly ComparedLayer[] {
  if (container === undefined) return image.layers;
  const history = { createdBy: `container ${container.config.name}` };
  const own = { position: image.layers.length, diffId: undefined, chainId: undefined, history };
  return [...image.layers, own];
}
