import {
  dockerDuration,
  dockerSize,
  familiarName,
  formatPlatform,
  type Image,
  type ImageEntry,
  type ImageSource,
} from '../../engine/index.ts';
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
  const { out } = session;
  const source = await session.openSource(args.positionals[0] ?? 'store');
  const listed: ListedEntry[] = [];
  for (const entry of await source.list(session.callOptions)) {
    listed.push({ entry, images: await imagesOf(session, source, entry) });
  }
  if (wantsJson(args)) await printJsonList(out, args, listed.map(entryObject));
  else
    await printTable(
      out,
      heading,
      listed.flatMap((each) => entryRows(each, session.host.now())),
    );
  await out.flush();
  return session.warn([...source.problems, ...listed.flatMap(({ entry }) => entry.problems)]);
}

/** An entry, and the image of each variant that could be read. */
interface ListedEntry {
  readonly entry: ImageEntry;
  readonly images: readonly (Image | undefined)[];
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

function entryObject({ entry, images }: ListedEntry): Readonly<Record<string, unknown>> {
  const { names, target, variants, attachments, problems } = entry;
  return {
    names,
    digest: target?.digest ?? null,
    mediaType: target?.mediaType ?? null,
    variants: variants.map(({ platform, manifest, isAvailable }, at) => ({
      platform: platform === undefined ? null : formatPlatform(platform),
      digest: manifest?.digest ?? null,
      available: isAvailable,
      id: images[at]?.imageId ?? null,
      created: images[at]?.config?.created ?? null,
      layers: images[at]?.layers.length ?? null,
      size: storedSize(images[at]) ?? null,
    })),
    attachments: attachments.map(({ kind, descriptor }) => ({ kind, digest: descriptor.digest })),
    problems,
  };
}

const heading = ['NAME', 'ID', 'CREATED', 'SIZE', 'PLATFORMS'];

/** One row a name. */
function entryRows({ entry, images }: ListedEntry, now: Date): readonly (readonly string[])[] {
  const names = entry.names.length === 0 ? ['<none>'] : entry.names.map(familiarName);
  const first = images.find((image) => image !== undefined);
  const id = entry.target?.digest ?? first?.imageId ?? '';
  const size = images.reduce((total, image) => total + (storedSize(image) ?? 0), 0);
  const platforms = entry.variants.map(({ platform }) => platform && formatPlatform(platform));
  const known = platforms.filter((platform) => platform !== undefined).join(', ');
  return names.map((name) => [name, id.slice(7, 19), ageOf(first, now), dockerSize(size), known]);
}

function ageOf(image: Image | undefined, now: Date): string {
  const created = Date.parse(image?.config?.created ?? '');
  return Number.isNaN(created) ? 'N/A' : `${dockerDuration((now.getTime() - created) / 1000)} ago`;
}

/** Bytes of the layers as they are stored. */
function storedSize(image: Image | undefined): number | undefined {
  return image?.layers.reduce(
    (total, { blob }) => total + (blob.descriptor?.size ?? blob.location?.size ?? 0),
    0,
  );
}
