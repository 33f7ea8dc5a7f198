import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { rawOption } from '../commonOptions.ts';
import { type ContainerPath, splitContainerPath } from '../containerName.ts';
import { copyFromContainer } from '../copyFromContainer.ts';
import { copyToContainer } from '../copyToContainer.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const cp: Command = {
  name: 'cp',
  usage: 'CONTAINER:PATH DEST|- | SOURCE|- CONTAINER:PATH',
  summary: 'copy files and folders between a container and this machine',
  details: [
    'As `docker cp`: into a folder that is there a copy goes under its own name, with PATH/. only the contents; what is not',
    'there is made, if its folder is. Files that are there are replaced, folders are gone into and keep their modes. `-` is a',
    'tar on standard input or output. A path of this machine with a colon needs ./ before it. Files in the container are',
    "root's, unless -a keeps their owners, and all appear in one step. Here, files are yours, without set-user bits; nothing",
    'that is a link here is followed, and devices are left out.',
  ],
  options: [
    { name: 'archive', short: 'a', help: 'into a container, keep the owners that files have here' },
    { name: 'follow-link', short: 'L', help: 'copy what SOURCE leads to where it is a link' },
    rawOption,
  ],
  positionals: { min: 2, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [from = '', to = ''] = args.positionals;
  const [source, destination] = [inContainer(session, from), inContainer(session, to)];
  if (source !== undefined && destination !== undefined)
    throw new UsageError(to, 'one of the two must be on this machine');
  const problems =
    source !== undefined
      ? await copyFromContainer(session, source, to)
      : await copyToContainer(session, from, requireContainer(destination, to));
  await session.warn(problems);
  return problems.length === 0 ? exitCode.done : exitCode.failed;
}

interface WithPath extends ContainerPath {
  readonly path: string;
}

/** What is no path of this machine: it does not begin like one, and has a colon. */
function inContainer({ host }: Session, text: string): WithPath | undefined {
  const isDrive = host.platform === 'win32' && /^[A-Za-z]:(?:[/\\]|$)/.test(text);
  if (text === '-' || /^[./\\]/.test(text) || isDrive) return undefined;
  const { container, path } = splitContainerPath(text);
  return path === undefined ? undefined : { container, path };
}

function requireContainer(destination: WithPath | undefined, typed: string): WithPath {
  if (destination !== undefined) return destination;
  throw new UsageError(typed, 'one of the two must be in a container: CONTAINER:PATH');
}
