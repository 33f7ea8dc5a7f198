import type { Image, ImageEntry, ImageSource } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonLinesOption, jsonOption } from '../commonOptions.ts';
import { engineImageHeading, engineImageObject, engineImageRows, newestFirst } from '../engineImageRows.ts';
import type { ExitCode } from '../exitCode.ts';
import { entryHeading, entryObject, entryRows, type ListedEntry } from '../entryRows.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { printTable } from '../table.ts';
import { UsageError } from '../usageError.ts';

export const images: Command = {
  name: 'images',
  usage: '[ARCHIVE]',
  summary: 'list the images of the store, of an archive or a folder, or of an engine',
  options: [
    { name: 'engine', help: 'the images of the container engine, newest first' },
    { name: 'all', short: 'a', help: "with --engine, also the classic builder's intermediate images" },
    jsonOption,
    jsonLinesOption,
  ],
  positionals: { min: 0, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  if (!args.isOn('engine')) return listSource(session, args);
  if (args.positionals[0] !== undefined)
    throw new UsageError('--engine', `it does not go together with ${args.positionals[0]}`);
  return listEngine(session, args);
}

async function listSource(session: Session, args: Arguments): Promise<ExitCode> {
  const { out } = session;
  const source = await session.openSource(args.positionals[0] ?? 'store');
  const listed: ListedEntry[] = [];
  for (const entry of await source.list(session.callOptions)) {
    listed.push({ entry, images: await imagesOf(session, source, entry) });
  }
  session.progress.clear();
  if (wantsJson(args)) await printJsonList(out, args, listed.map(entryObject));
  else
    await printTable(
      out,
      entryHeading,
      listed.flatMap((each) => entryRows(each, session.host.now())),
    );
  await out.flush();
  return session.warn([...source.problems, ...listed.flatMap(({ entry }) => entry.problems)]);
}

async function listEngine(session: Session, args: Arguments): Promise<ExitCode> {
  const { out, host } = session;
  const { client } = await session.connection();
  const { tellsManifests } = await client.capabilities({ signal: host.signal });
  const options = { signal: host.signal, all: args.isOn('all'), manifests: tellsManifests };
  const listed = await client.listImages(options);
  const newest = listed.toSorted(newestFirst);
  if (wantsJson(args)) await printJsonList(out, args, newest.map(engineImageObject));
  else
    await printTable(
      out,
      engineImageHeading,
      newest.flatMap((image) => engineImageRows(image, host.now())),
    );
  await out.flush();
  return session.warn([]);
}

async function imagesOf(
  session: Session,
  source: ImageSource,
  entry: ImageEntry,
): Promise<readonly (Image | undefined)[]> {
  const engine = await session.engine();
  const images: (Image | undefined)[] = [];
  for (const variant of entry.variants) {
    // One that cannot be read is listed all the same, by what its index says.
    const image = engine.image(source, entry, variant, session.callOptions).catch(() => undefined);
    images.push(variant.isAvailable ? await image : undefined);
  }
  session.host.signal.throwIfAborted();
  return images;
}
