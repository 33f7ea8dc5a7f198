import { access } from 'node:fs/promises';
import {
  type CallOptions,
  type Engine,
  EngineError,
  type Image,
  type ImageEntry,
  type ImageSource,
  type ImageVariant,
} from '../engine/index.ts';
import { chooseEntry, chooseVariant, namedEntries, namesMeant } from './chooseImage.ts';
import { type ImageName, parseImageName, readingsOf } from './imageName.ts';
import { UsageError } from './usageError.ts';

/** An image found by its name: where it is, and which one of what is there. */
export interface FoundEntry {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  /** Its names, or the one it was asked for by. */
  readonly names: readonly string[];
}

export interface OpenedImage extends FoundEntry {
  readonly variant: ImageVariant;
  readonly image: Image;
}

/** Takes over what has to be closed. */
export type Keep = (source: ImageSource) => void;

/**
 * The image that a name on the command line means.
 *
 * @param platform `--platform` as typed.
 *
 * @throws UsageError, or EngineError `not-found`, `ambiguous`, `invalid-archive`.
 */
export async function openImage(
  engine: Engine,
  text: string,
  platform: string | undefined,
  options: CallOptions,
  keep: Keep,
): Promise<OpenedImage> {
  const found = await findEntry(engine, text, options, keep);
  const variant = chooseVariant(found.entry, platform, text);
  return { ...found, variant, image: await engine.image(found.source, found.entry, variant, options) };
}

/** The entry that a name means, all its platforms together. */
export async function findEntry(
  engine: Engine,
  text: string,
  options: CallOptions,
  keep: Keep,
): Promise<FoundEntry> {
  const { source, reference } = await openSource(engine, parseImageName(text), options, keep);
  const entry = chooseEntry(await source.list(options), reference, source.location);
  return { source, entry, names: namesMeant(entry, reference) };
}

interface OpenedSource {
  readonly source: ImageSource;
  readonly reference: string | undefined;
}

/** The archive, folder or store a name is about, and what the name says beyond that. */
export async function openSource(
  engine: Engine,
  name: ImageName,
  options: CallOptions,
  keep: Keep,
): Promise<OpenedSource> {
  switch (name.transport) {
    case 'docker-archive':
    case 'oci-archive':
    case 'oci':
      return openPath(engine, name.rest, options, keep);
    case 'dir':
      return { source: kept(await engine.open(name.rest, options), keep), reference: undefined };
    case 'store':
      return { source: kept(await engine.store.source(options), keep), reference: name.name };
    case 'any':
      return openAny(engine, name.rest, options, keep);
    case 'docker-daemon':
    case 'docker':
    case 'container':
      throw new UsageError(name.name, `${transportText[name.transport]} is not yet supported`);
  }
}

const transportText = {
  'docker-daemon': 'reading from a Docker engine (docker-daemon:)',
  docker: 'reading from a registry (docker://)',
  container: 'reading a container (container:)',
};

async function openPath(
  engine: Engine,
  rest: string,
  options: CallOptions,
  keep: Keep,
): Promise<OpenedSource> {
  const reading = (await existingReading(rest)) ?? readingsOf(rest).at(-1);
  const { path, reference } = reading ?? { path: rest, reference: undefined };
  return { source: kept(await engine.open(path, options), keep), reference };
}

/** A path when it looks like one; else the store, then a path that exists. Both at once is ambiguous. */
async function openAny(
  engine: Engine,
  rest: string,
  options: CallOptions,
  keep: Keep,
): Promise<OpenedSource> {
  if (/^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(rest)) return openPath(engine, rest, options, keep);
  const store = kept(await engine.store.source(options), keep);
  const isStored = namedEntries(await store.list(options), rest).length > 0;
  const isPath = (await existingReading(rest)) !== undefined;
  if (isStored && isPath)
    throw new EngineError('ambiguous', rest, `it is in the store and a file: say store:${rest} or ./${rest}`);
  if (isStored) return { source: store, reference: rest };
  if (isPath) return openPath(engine, rest, options, keep);
  throw new EngineError('not-found', rest, 'it is neither in the store nor a file');
}

async function existingReading(rest: string): Promise<ReturnType<typeof readingsOf>[number] | undefined> {
  for (const reading of readingsOf(rest)) if (await exists(reading.path)) return reading;
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function kept(source: ImageSource, keep: Keep): ImageSource {
  keep(source);
  return source;
}
