import { familiarName, type ImageEntry } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import { namesMeant } from '../chooseImage.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { storedEntry } from '../storedTarget.ts';

export const rmi: Command = {
  name: 'rmi',
  usage: 'NAME…',
  summary: 'take names, or images by digest, out of the store',
  details: ['The content stays until `lamina gc`, and as long as a container is made of it.'],
  options: [],
  positionals: { min: 1, max: Infinity },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  let worst: ExitCode = exitCode.done;
  for (const name of args.positionals) {
    try {
      await removeImage(session, name);
    } catch (error) {
      session.host.signal.throwIfAborted();
      worst = await printFailure(session.host.stderr, error, session.isVerbose);
    }
  }
  await session.out.flush();
  return worst;
}

/** A name is taken away alone; a digest with all names it has. */
async function removeImage(session: Session, typed: string): Promise<void> {
  const { store } = await session.engine();
  const entry = await storedEntry(session, typed);
  const own = namesMeant(entry, typed.replace(/^store:/, ''));
  for (const name of own) {
    await store.remove(name);
    await session.out.line(`Untagged: ${familiarName(name)}`);
  }
  if (own.length === entry.names.length && entry.target !== undefined) {
    await store.removeTarget(entry.target.digest);
    await session.out.line(`Removed: ${entry.target.digest}`);
    await tellContainers(session, entry);
  }
}

/** Which containers keep the layers of an image that has gone. */
async function tellContainers(session: Session, { variants }: ImageEntry): Promise<void> {
  const { containers } = await (await session.engine()).containers.list();
  const manifests = new Set(variants.map(({ manifest }) => manifest?.digest));
  const names = containers.filter(({ image }) => manifests.has(image.manifest)).map(({ name }) => name);
  if (names.length > 0) await session.note(`its layers stay: containers are made of it: ${names.join(', ')}`);
}
