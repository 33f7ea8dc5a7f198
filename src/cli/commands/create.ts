import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption, platformOption } from '../commonOptions.ts';
import { containerObject } from '../containerRows.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { storedImage } from '../storedImage.ts';

export const create: Command = {
  name: 'create',
  usage: 'IMAGE',
  summary: 'make a container of an image: a writable layer of its own; nothing is copied',
  details: [
    'Prints its ID. Its name is made up from that of the image when it is left out. An image that is not in the store is',
    'imported first. The container keeps the layers it needs, whatever becomes of the name of its image.',
  ],
  options: [
    { name: 'name', value: 'NAME', help: 'what the container is called' },
    platformOption,
    jsonOption,
  ],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { manifest, names } = await storedImage(session, args.positionals[0] ?? '');
  const [imageName] = names;
  const name = args.value('name');
  const { containers } = await session.engine();
  const config = await containers.create({
    manifest,
    ...(imageName !== undefined && { imageName }),
    ...(name !== undefined && { name }),
  });
  session.progress.clear();
  if (args.isOn('json')) await printJson(session.out, containerObject(config));
  else await session.out.line(config.id);
  await session.out.flush();
  return exitCode.done;
}
