import { familiarName } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';

export const importImage: Command = {
  name: 'import',
  usage: 'IMAGE [NAME]',
  summary: 'copy an image into the store, digests kept',
  details: ['NAME defaults to the names the image has.'],
  options: [],
  positionals: { min: 1, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [image = '', name] = args.positionals;
  const { source, entry, names } = await session.findEntry(image);
  const { store } = await session.engine();
  for (const wanted of name === undefined && names.length > 0 ? names : [name]) {
    const stored = await store.import(source, entry, wanted, session.callOptions);
    const title = stored.name === undefined ? '' : `${familiarName(stored.name)} `;
    await session.out.line(`${title}${stored.target.digest}`);
  }
  await session.out.flush();
  return exitCode.done;
}
