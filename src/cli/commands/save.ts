import { type SaveRequest } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import { chooseVariant } from '../chooseImage.ts';
import type { Command } from '../command.ts';
import { platformOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const save: Command = {
  name: 'save',
  usage: 'IMAGE… -o FILE',
  summary: 'write images into one archive, digests kept',
  details: ['An index is saved with all its platforms, unless --platform chooses one.'],
  options: [
    { name: 'output', short: 'o', value: 'FILE', help: 'where to write' },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['oci-archive', 'docker-archive'],
      help: 'oci-archive (default) or docker-archive',
    },
    platformOption,
  ],
  positionals: { min: 1, max: Infinity },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const destination = args.value('output');
  if (destination === undefined) throw new UsageError('save', 'name the archive to write: -o FILE');
  const images: SaveRequest['images'][number][] = [];
  for (const name of args.positionals) images.push(await toSave(session, name));
  const format = args.value('format') === 'docker-archive' ? 'docker-archive' : 'oci-archive';
  await (await session.engine()).store.save({ images, format, destination }, session.callOptions);
  return exitCode.done;
}

async function toSave(session: Session, name: string): Promise<SaveRequest['images'][number]> {
  const found = await session.findEntry(name);
  const platform = session.args.value('platform');
  return platform === undefined ? found : { ...found, variant: chooseVariant(found.entry, platform, name) };
}
