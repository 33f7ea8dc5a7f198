import { access } from 'node:fs/promises';
import {
  type CallOptions,
  type Engine,
  type EngineConnection,
  type EngineImages,
  EngineError,
  type Image,
  type ImageEntry,
  type ImageSource,
  type ImageVariant,
  isEngineError,
} from '../engine/index.ts';
import { chooseEntry, chooseVariant, namedEntries, namesMeant } from './chooseImage.ts';
import { type ImageName, parseImageName, readingsOf } from './imageName.ts';
import { UsageError } from './usageError.ts';

/** Where images are looked for. */
export interface ImagePlaces {
  readonly engine: Engine;
  /** The container engine that the command line means. */
  connect(): Promise<EngineConnection>;
  readonly options: CallOptions;
  /** Takes over what has to be closed. */
  readonly keep: (source: ImageSource) => void;
}

/** An image found by its name: where it is, and which one of what is there. */
export interface FoundEntry {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  /** Its names, or the one it was asked for by. */
  readonly names: readonly string[];
  /** Of an image in a container engine. */
  readonly inEngine?: NamedInEngine;
}

/** An image of a container engine, as the engine itself is asked about it. */
export interface NamedInEngine {
  readonly connection: EngineConnection;
  readonly name: string;
}

export interface OpenedImage extends FoundEntry {
  readonly variant: ImageVariant;
  readonly image: Image;
}

/**
 * The image that a name on the command line means.
 *
 * @param platform `--platform` as typed.
 *
 * @throws UsageError, or EngineError `not-found`, `ambiguous`, `invalid-archive`, and what engines and registries throw.
 */
export async function openImage(
  places: ImagePlaces,
  text: string,
  platform: string | undefined,
): Promise<OpenedImage> {
  return openVariant(places, await findEntry(places, text), platform, text);
}

/** One platform of an entry that was found. */
export async function openVariant(
  { engine, options }: ImagePlaces,
  found: FoundEntry,
  platform: string | undefined,
  text: string,
): Promise<OpenedImage> {
  const variant = chooseVariant(found.entry, platform, text);
  return { ...found, variant, image: await engine.image(found.source, found.entry, variant, options) };
}

/** The entry that a name means, all its platforms together. */
export async function findEntry(places: ImagePlaces, text: string): Promise<FoundEntry> {
  const name = parseImageName(text);
  if (name.transport === 'docker-daemon') return findInEngine(places, name.name);
  if (name.transport === 'docker') return findInRegistry(places, name.name);
  if (name.transport === 'any') return findAnywhere(places, name.rest);
  const { source, reference } = await openSource(places, name);
  return entryIn(places, source, reference);
}

interface OpenedSource {
  readonly source: ImageSource;
  readonly reference: string | undefined;
}

/** The archive, folder or store a name is about, and what the name says beyond that. */
export async function openSource(places: ImagePlaces, name: ImageName): Promise<OpenedSource> {
  switch (name.transport) {
    case 'docker-archive':
    case 'oci-archive':
    case 'oci':
      return openPath(places, name.rest);
    case 'dir':
      return { source: await opened(places, name.rest), reference: undefined };
    case 'store':
      return { source: await storeOf(places), reference: name.name };
    case 'any':
      return openPathOrStored(places, name.rest);
    case 'docker-daemon':
      return { source: await imagesOf(places, await places.connect()), reference: name.name };
    case 'docker':
      return { source: await remote(places, name.name), reference: undefined };
    case 'container':
      throw new UsageError(
        `container:${name.name}`,
        'this is a container, and an image is needed: `lamina commit` makes one of it',
      );
  }
}

async function entryIn(
  { options }: ImagePlaces,
  source: ImageSource,
  reference: string | undefined,
): Promise<FoundEntry> {
  const entry = chooseEntry(await source.list(options), reference, source.location);
  return { source, entry, names: namesMeant(entry, reference) };
}

async function findInEngine(places: ImagePlaces, name: string): Promise<FoundEntry> {
  const connection = await places.connect();
  const source = await imagesOf(places, connection);
  const entry = await source.find(name, places.options);
  return { source, entry, names: namesMeant(entry, name), inEngine: { connection, name } };
}

async function findInRegistry(places: ImagePlaces, name: string): Promise<FoundEntry> {
  return entryIn(places, await remote(places, name), undefined);
}

/** The store, then a path, then the engine. */
async function findAnywhere(places: ImagePlaces, name: string): Promise<FoundEntry> {
  const here = await openHere(places, name);
  if (here !== undefined) return entryIn(places, here.source, here.reference);
  try {
    return await findInEngine(places, name);
  } catch (error) {
    if (!isEngineError(error) || isEngineError(error, 'cancelled')) throw error;
    // What the engine has to say matters only to whoever meant the engine.
    throw new EngineError('not-found', name, nowhereText(error), { cause: error });
  }
}

function nowhereText(error: EngineError): string {
  if (error.code === 'not-found') return 'it is neither in the store, nor a file, nor in the engine';
  return 'it is neither in the store nor a file, and there is no engine to ask';
}

async function openPathOrStored(places: ImagePlaces, rest: string): Promise<OpenedSource> {
  const here = await openHere(places, rest);
  if (here !== undefined) return here;
  throw new EngineError('not-found', rest, 'it is neither in the store nor a file');
}

/** A path when it looks like one; else the store, then a path that exists. Both at once is ambiguous. */
async function openHere(places: ImagePlaces, rest: string): Promise<OpenedSource | undefined> {
  if (/^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(rest)) return openPath(places, rest);
  const store = await storeOf(places);
  const isStored = namedEntries(await store.list(places.options), rest).length > 0;
  const isPath = (await existingReading(rest)) !== undefined;
  if (isStored && isPath)
    throw new EngineError('ambiguous', rest, `it is in the store and a file: say store:${rest} or ./${rest}`);
  if (isStored) return { source: store, reference: rest };
  return isPath ? openPath(places, rest) : undefined;
}

async function openPath(places: ImagePlaces, rest: string): Promise<OpenedSource> {
  const reading = (await existingReading(rest)) ?? readingsOf(rest).at(-1);
  const { path, reference } = reading ?? { path: rest, reference: undefined };
  return { source: await opened(places, path), reference };
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

async function opened({ engine, options, keep }: ImagePlaces, path: string): Promise<ImageSource> {
  return kept(await engine.open(path, options), keep);
}

async function storeOf({ engine, options, keep }: ImagePlaces): Promise<ImageSource> {
  return kept(await engine.store.source(options), keep);
}

async function imagesOf({ options, keep }: ImagePlaces, connection: EngineConnection): Promise<EngineImages> {
  return kept(await connection.source(options), keep);
}

async function remote({ engine, options, keep }: ImagePlaces, name: string): Promise<ImageSource> {
  return kept(await engine.openRemote(name, options), keep);
}

function kept<S extends ImageSource>(source: S, keep: ImagePlaces['keep']): S {
  keep(source);
  return source;
}
