import { familiarName, formatPlatform, type ImageEntry } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonLinesOption, jsonOption } from '../commonOptions.ts';
import type { ExitCode } from '../exitCode.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { printTable } from '../table.ts';
import { UsageError } from '../usageError.ts';

export const images: Command = {
  name: 'images',
  usage: '[ARCHIVE]',
  summary: 'list the images of the store, or of an archive or a folder',
  options: [
    { name: 'engine', help: 'the images of the engine (not yet supported)' },
    jsonOption,
    jsonLinesOption,
  ],
  positionals: { min: 0, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  if (args.isOn('engine'))
    throw new UsageError('--engine', 'listing the images of an engine is not yet supported');
  const source = await session.openSource(args.positionals[0] ?? 'store');
  const entries = await source.list(session.callOptions);
  if (wantsJson(args)) await printJsonList(session.out, args, entries.map(entryObject));
  else await printTable(session.out, ['NAME', 'ID', 'PLATFORMS'], entries.flatMap(entryRows));
  await session.out.flush();
  return session.warn([...source.problems, ...entries.flatMap(({ problems }) => problems)]);
}

function entryObject(entry: ImageEntry): Readonly<Record<string, unknown>> {
  const { names, target, variants, attachments, problems } = entry;
  return {
    names,
    digest: target?.digest ?? null,
    mediaType: target?.mediaType ?? null,
    variants: variants.map(({ platform, manifest, isAvailable }) => ({
      platform: platform === undefined ? null : formatPlatform(platform),
      digest: manifest?.digest ?? null,
      available: isAvailable,
    })),
    attachments: attachments.map(({ kind, descriptor }) => ({ kind, digest: descriptor.digest })),
    problems,
  };
}

/** One row a name. */
function entryRows(entry: ImageEntry): readonly (readonly string[])[] {
  const names = entry.names.length === 0 ? ['<none>'] : entry.names.map(familiarName);
  const platforms = entry.variants.map(({ platform }) =>
    platform === undefined ? '' : formatPlatform(platform),
  );
  const id = entry.target?.digest.slice(7, 19) ?? '';
  return names.map((name) => [name, id, platforms.filter((text) => text !== '').join(', ')]);
}
