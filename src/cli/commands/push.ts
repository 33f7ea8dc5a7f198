import { EngineError, familiarName, isDigest, type TransferResult } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption, platformOption, quietOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { FoundEntry } from '../openImage.ts';
import { printTransfer } from '../printTransfer.ts';
import type { Session } from '../session.ts';
import { TransferLines, type TransferWords } from '../transferLines.ts';

export const push: Command = {
  name: 'push',
  usage: 'IMAGE [NAME]',
  summary: 'send an image to a registry; what is there is not sent again',
  details: [
    'NAME is where to: HOST/REPOSITORY:TAG; it defaults to the name of the image. An index is sent with all its',
    'platforms, unless --platform chooses one. What another repository of the registry has is mounted from there.',
  ],
  options: [
    platformOption,
    {
      name: 'mount-from',
      value: 'REPOSITORY',
      help: 'repositories of the registry that may have the layers, by commas',
    },
    quietOption,
    jsonOption,
  ],
  positionals: { min: 1, max: 2 },
  run,
};

const words: TransferWords = { here: 'already there', moved: 'pushed' };

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [typed = '', to] = args.positionals;
  const found = await session.findEntry(typed);
  const destination = to?.replace(/^docker:\/\//, '') ?? ownName(found, typed);
  const lines = new TransferLines(session.host.stderr, session.progress, words);
  const options = { ...session.callOptions, ...(args.isOn('quiet') ? {} : lines.listeners) };
  const engine = await session.engine();
  const request = { destination, ...platformAndMounts(args) };
  const result: TransferResult = await engine.push(found.source, found.entry, request, options);
  await printTransfer(session, result, words, familiarName(result.name ?? destination));
  return exitCode.done;
}

/** @throws EngineError `ambiguous` when it has none, or several. */
function ownName({ names }: FoundEntry, typed: string): string {
  const own = names.filter((name) => !isDigest(name));
  const [first] = own;
  if (first !== undefined && own.length === 1) return first;
  const why = first === undefined ? 'the image has no name' : `the image has ${own.length} names`;
  throw new EngineError('ambiguous', typed, `${why}: say where to send it`);
}

function platformAndMounts(args: Arguments): { platform?: string; mountFrom?: readonly string[] } {
  const [platform, mountFrom] = [args.value('platform'), args.value('mount-from')];
  return {
    ...(platform !== undefined && { platform }),
    ...(mountFrom !== undefined && { mountFrom: mountFrom.split(',').filter((each) => each !== '') }),
  };
}
