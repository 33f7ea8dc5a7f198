import type { Engine, Image, RootfsEntry, ViewChange } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { listOptions } from '../commonOptions.ts';
import { diffLines } from '../diffLines.ts';
import { attributeFields, type EntryObject, pathFields } from '../entryJson.ts';
import type { ExitCode } from '../exitCode.ts';
import { layerDifferences, layerDifferenceRow } from '../layerDifferences.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';

export const diff: Command = {
  name: 'diff',
  usage: 'A B',
  summary: "list what differs between two images' file systems, as `docker diff` does",
  details: [
    'A, C and D: added, changed and deleted on the way from A to B. --json tells every path that differs in anything,',
    'and in what. --layers compares the lists of layers: `=` both have it, `-` only A, `+` only B.',
  ],
  options: [{ name: 'layers', help: 'the layers instead of the files' }, ...listOptions],
  positionals: { min: 2, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [one = '', other = ''] = args.positionals;
  const [before, after] = [(await session.openImage(one)).image, (await session.openImage(other)).image];
  if (args.isOn('layers')) await printLayers(session, before, after);
  else await printFiles(session, await session.engine(), before, after);
  await session.out.flush();
  return session.warn([...before.problems, ...after.problems]);
}

async function printFiles(session: Session, engine: Engine, before: Image, after: Image): Promise<void> {
  const { args, out, callOptions } = session;
  const changes = engine.compare(before, after, callOptions);
  if (wantsJson(args)) {
    await printJsonList(out, args, objectsOf(changes));
    return;
  }
  for await (const { letter, path } of diffLines(changes)) await out.bytesLine(`${letter} ${out.name(path)}`);
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

async function printLayers({ args, out }: Session, before: Image, after: Image): Promise<void> {
  const differences = layerDifferences(before, after);
  if (wantsJson(args)) {
    await printJsonList(out, args, differences);
    return;
  }
  for (const difference of differences) await out.bytesLine(out.text(layerDifferenceRow(difference)));
}
