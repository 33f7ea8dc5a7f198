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
  const { image } = await session.openImage(name);
  const engine = await session.engine();
  const options = { ...session.callOptions, allLayers: args.isOn('all-layers') };
  const view = await engine.rootfs(image, undefined, session.callOptions);
  const matches = engine.find(image, pattern, options);
  if (wantsJson(args)) await printJsonList(out, args, objectsOf(matches, view, options.allLayers));
  else for await (const match of matches) await out.bytesLine(matchLine(out, match, options.allLayers));
  await out.flush();
  return session.warn([...image.problems, ...view.problems()]);
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
