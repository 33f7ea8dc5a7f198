import { historyIds, historyJson, historyTable } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { likeOption, platformOption, rawOption } from '../commonOptions.ts';
import type { ExitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';

export const history: Command = {
  name: 'history',
  usage: 'IMAGE',
  summary: 'print the history as `docker image history` of Docker 29 does',
  options: [
    { name: 'no-trunc', help: 'ids and instructions in full' },
    {
      name: 'human',
      short: 'H',
      help: 'ages and rounded sizes (default; --human=false for times and bytes)',
    },
    { name: 'quiet', short: 'q', help: 'only ids' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['table', 'json'],
      help: 'table (default) or json, one object a line',
    },
    likeOption,
    platformOption,
    rawOption,
  ],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { image } = await session.openImage(args.positionals[0] ?? '');
  const engine = await session.engine();
  const like = args.value('like') === 'containerd' ? 'containerd' : 'classic';
  const rows = await engine.history(image, like, session.callOptions);
  const options = {
    isFull: args.isOn('no-trunc'),
    isHuman: args.isOn('human', true),
    now: session.host.now(),
  };
  const print =
    args.value('format') === 'json' ? historyJson : args.isOn('quiet') ? historyIds : historyTable;
  await session.out.block(print(rows, options));
  await session.out.flush();
  return session.warn(image.problems);
}
