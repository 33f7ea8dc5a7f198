import { familiarName, type ImageVariant, type TransferResult } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import { chooseVariant } from '../chooseImage.ts';
import type { Command } from '../command.ts';
import { jsonOption, platformOption, quietOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { FoundEntry } from '../openImage.ts';
import { printTransfer } from '../printTransfer.ts';
import type { Session } from '../session.ts';
import { TransferLines, type TransferWords } from '../transferLines.ts';
import { UsageError } from '../usageError.ts';

export const pull: Command = {
  name: 'pull',
  usage: 'NAME',
  summary: 'copy an image of a registry into the store; what is there is not fetched again',
  details: [
    'NAME is completed as docker does it: `nginx` is docker.io/library/nginx:latest. Of an index one platform is taken,',
    "and its own digest is kept; with --all-platforms the whole index, and the index's digest.",
  ],
  options: [platformOption, { name: 'all-platforms', help: 'the whole index' }, quietOption, jsonOption],
  positionals: { min: 1, max: 1 },
  run,
};

const words: TransferWords = { here: 'already here', moved: 'pulled' };

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const name = (args.positionals[0] ?? '').replace(/^docker:\/\//, '');
  const found = await session.findEntry(`docker://${name}`);
  const variant = variantOf(args, found, name);
  const { store } = await session.engine();
  const lines = new TransferLines(session.host.stderr, session.progress, words);
  const options = {
    ...session.callOptions,
    ...(args.isOn('quiet') ? {} : lines.listeners),
    ...(variant && { variant }),
  };
  const result: TransferResult = await store.import(found.source, found.entry, undefined, options);
  await printTransfer(session, result, words, result.name && familiarName(result.name));
  return exitCode.done;
}

/** Undefined for all of it: when that is wanted, and when it is one image alone. */
function variantOf(args: Arguments, { entry }: FoundEntry, name: string): ImageVariant | undefined {
  const platform = args.value('platform');
  if (args.isOn('all-platforms')) {
    if (platform === undefined) return undefined;
    throw new UsageError('--all-platforms', 'it does not go together with --platform');
  }
  const variant = chooseVariant(entry, platform, name);
  return entry.variants.length === 1 ? undefined : variant;
}
