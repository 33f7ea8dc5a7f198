import { familiarName } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitCodeOfProblems } from '../exitCode.ts';
import type { Session } from '../session.ts';

export const importImage: Command = {
  name: 'import',
  usage: 'IMAGE [NAME]',
  summary: 'copy an image into the store, digests kept',
  details: ['NAME defaults to the name the image has.'],
  options: [],
  positionals: { min: 1, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [image = '', name] = args.positionals;
  const { source, entry } = await session.findEntry(image);
  const { store } = await session.engine();
  const stored = await store.import(source, entry, name ?? entry.names[0], session.callOptions);
  await session.out.line(
    `${stored.name === undefined ? '' : `${familiarName(stored.name)} `}${stored.target.digest}`,
  );
  await session.out.flush();
  return exitCodeOfProblems([]);
}
