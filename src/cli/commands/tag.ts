import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';
import { storedTarget } from '../storedTarget.ts';

export const tag: Command = {
  name: 'tag',
  usage: 'IMAGE NAME',
  summary: 'give an image of the store one more name',
  options: [],
  positionals: { min: 2, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [image = '', name = ''] = args.positionals;
  const { store } = await session.engine();
  const { digest } = await storedTarget(session, image);
  await store.tag(name, digest);
  return exitCode.done;
}
