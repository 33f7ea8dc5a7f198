import type { FindMatch, UnionView } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { listOptions } from '../commonOptions.ts';
import { EntryJson, type EntryObject } from '../entryJson.ts';
import type { ExitCode } from '../exitCode.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Printer } from '../printer.ts';
import type { Session } from '../session.ts';

export const find: Command = {
  name: 'find',
  usage: 'IMAGE PATTERN',
  summary: 'find paths by a glob (*.conf, /etc/**/*.d) or a part of their name',
  options: [{ name: 'all-layers', help: 'also what a higher layer hides' }, ...listOptions],
  positionals: { min: 2, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { out } = session;
  const [name = '', pattern = ''] = args.positionals;
  const tree = await session.openTree(name);
  const view = await tree.union();
  const allLayers = args.isOn('all-layers');
  const matches = tree.find(pattern, allLayers);
  if (wantsJson(args)) await printJsonList(out, args, objectsOf(matches, view, allLayers));
  else for await (const match of matches) await out.bytesLine(matchLine(out, match, allLayers));
  await out.flush();
  return session.warn([...tree.image.problems, ...view.problems()]);
}

async function* objectsOf(
  matches: AsyncIterable<FindMatch>,
  view: UnionView,
  allLayers: boolean,
): AsyncGenerator<EntryObject> {
  const json = new EntryJson(view, undefined);
  for await (const { entry, isVisible } of matches)
    yield { ...(await json.entry(entry)), ...(allLayers && { visible: isVisible }) };
}

/** With all layers: the layer's number, and `-` before what a higher layer hides. */
function matchLine(out: Printer, { path, entry, isVisible }: FindMatch, allLayers: boolean): string {
  const where = allLayers ? `${String(entry.layer).padStart(3)} ${isVisible ? ' ' : '-'} ` : '';
  return `${where}${out.name(path)}`;
}
