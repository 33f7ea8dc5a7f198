import {
  EngineError,
  isEngineError,
  type LayerPath,
  parseLayerPath,
  type StoreContainers,
  toText,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { splitContainerPath } from '../containerName.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printFailure } from '../failure.ts';
import type { Session } from '../session.ts';

export const rm: Command = {
  name: 'rm',
  usage: 'CONTAINER[:PATH]…',
  summary: 'remove containers with all that was changed in them, or files in a container',
  details: [
    'With a path only what is there is removed, in the container alone: a file of the image is hidden by a whiteout, and the',
    'image keeps it. Without one the container goes. Images stay.',
  ],
  options: [
    { name: 'recursive', short: 'r', help: 'folders in a container, with all that is in them' },
    { name: 'force', short: 'f', help: 'no failure when it is not there' },
  ],
  positionals: { min: 1, max: Infinity },
  run,
};

/** What can be removed is removed, whatever happens to the others. */
async function run(session: Session, args: Arguments): Promise<ExitCode> {
  let worst: ExitCode = exitCode.done;
  for (const typed of args.positionals) {
    try {
      await remove(session, typed);
    } catch (error) {
      session.host.signal.throwIfAborted();
      if (args.isOn('force') && isEngineError(error, 'not-found')) continue;
      worst = await printFailure(session.host.stderr, error, session.isVerbose);
    }
  }
  await session.out.flush();
  return worst;
}

async function remove(session: Session, typed: string): Promise<void> {
  const { container, path } = splitContainerPath(typed);
  if (path !== undefined) return removeFile(session, container, parseLayerPath(path));
  const { containers } = await session.engine();
  await containers.remove(await idOf(containers, container));
  await session.out.bytesLine(session.out.text(container));
}

/** A container that cannot be read can be removed, too. */
async function idOf(containers: StoreContainers, text: string): Promise<string> {
  try {
    return (await containers.find(text)).id;
  } catch (error) {
    const { damaged } = await containers.list();
    const matches = damaged.filter(({ id }) => text.length >= 4 && id.startsWith(text));
    const [only] = matches;
    if (only === undefined || matches.length > 1) throw error;
    return only.id;
  }
}

async function removeFile(session: Session, container: string, path: LayerPath): Promise<void> {
  const files = await session.openContainer(container);
  const isRecursive = session.args.isOn('recursive');
  await files.change((upper) => {
    if (upper.view.lookup(path)?.type === 'dir' && !isRecursive)
      throw new EngineError('not-a-file', toText(path), 'it is a folder: -r removes it with all in it');
    upper.removeAll(path);
  });
}
