import { historyIds, historyJson, type HistoryRow, historyTable, type Problem } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { likeOption, platformOption, rawOption } from '../commonOptions.ts';
import { engineHistory } from '../engineAnswers.ts';
import type { ExitCode } from '../exitCode.ts';
import type { FoundEntry } from '../openImage.ts';
import type { Session } from '../session.ts';

export const history: Command = {
  name: 'history',
  usage: 'IMAGE',
  summary: 'print the history as `docker image history` of Docker 29 does',
  details: [
    'Of an image in an engine it is what `docker image history` prints there, unless --like says otherwise.',
  ],
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
  const typed = args.positionals[0] ?? '';
  const found = await session.findEntry(typed);
  // An engine is asked itself, unless another store's form is wanted.
  const isOwn = found.inEngine !== undefined && args.value('like') === undefined;
  const { rows, problems } = isOwn
    ? { rows: await engineHistory(found.inEngine, args.value('platform'), session.host.signal), problems: [] }
    : await imageHistory(session, found, typed);
  const options = {
    isFull: args.isOn('no-trunc'),
    isHuman: args.isOn('human', true),
    now: session.host.now(),
  };
  const print =
    args.value('format') === 'json' ? historyJson : args.isOn('quiet') ? historyIds : historyTable;
  await session.out.block(print(rows, options));
  await session.out.flush();
  return session.warn(problems);
}

async function imageHistory(
  session: Session,
  found: FoundEntry,
  typed: string,
): Promise<{ readonly rows: readonly HistoryRow[]; readonly problems: readonly Problem[] }> {
  const { image } = await session.openVariant(found, typed);
  const like = session.args.value('like') === 'containerd' ? 'containerd' : 'classic';
  const rows = await (await session.engine()).history(image, like, session.callOptions);
  return { rows, problems: image.problems };
}
