import { type Digest, EngineError, type ImageVariant } from '../engine/index.ts';
import { chooseVariant } from './chooseImage.ts';
import type { FoundEntry } from './openImage.ts';
import type { Session } from './session.ts';

/** An image of the store, as containers are made of it. */
export interface StoredImage {
  readonly manifest: Digest;
  /** What it is called. */
  readonly names: readonly string[];
}

/** The image that a name means; what is elsewhere is imported first, under the names it was found by. */
export async function storedImage(session: Session, typed: string): Promise<StoredImage> {
  const found = await session.findEntry(typed);
  const variant = chooseVariant(found.entry, session.args.value('platform'), typed);
  const { manifest } = found.source.kind === 'store' ? variant : await imported(session, found, variant);
  if (manifest === undefined) throw new EngineError('not-found', typed, 'the image has no manifest');
  return { manifest: manifest.digest, names: found.names };
}

async function imported(
  session: Session,
  { source, entry, names }: FoundEntry,
  variant: ImageVariant,
): Promise<ImageVariant> {
  const { store } = await session.engine();
  const [name] = names;
  // One image alone is imported as it is, with the index it may be in.
  const part = entry.variants.length === 1 ? {} : { variant };
  const { target } = await store.import(source, entry, name, { ...session.callOptions, ...part });
  for (const other of names.slice(1)) await store.tag(other, target.digest);
  await session.note(`${name ?? target.digest} was imported into the store`);
  const stored = await session.findEntry(`store:${target.digest}`);
  return chooseVariant(stored.entry, session.args.value('platform'), target.digest);
}
