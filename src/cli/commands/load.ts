import { familiarName } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';
import { spoolStdin } from '../spoolStdin.ts';

export const load: Command = {
  name: 'load',
  usage: '[FILE]',
  summary: 'copy every image of an archive or a folder into the store, with its names',
  details: ['Without FILE, or when it is `-`, the archive is read from standard input.'],
  options: [{ name: 'input', short: 'i', value: 'FILE', help: 'the archive, as with `docker load`' }],
  positionals: { min: 0, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const file = args.value('input') ?? args.positionals[0] ?? '-';
  if (file !== '-') return loadFrom(session, file);
  const input = await spoolStdin(session.host);
  session.closeLater(input);
  return loadFrom(session, input.file);
}

async function loadFrom(session: Session, file: string): Promise<ExitCode> {
  const source = await session.openSource(file);
  const { store } = await session.engine();
  for (const entry of await source.list(session.callOptions)) {
    const names = entry.names.length === 0 ? [undefined] : entry.names;
    for (const name of names) {
      const stored = await store.import(source, entry, name, session.callOptions);
      await session.out.line(
        stored.name === undefined
          ? `Loaded image ID: ${stored.target.digest}`
          : `Loaded image: ${familiarName(stored.name)}`,
      );
    }
  }
  session.progress.clear();
  await session.out.flush();
  return exitCode.done;
}
