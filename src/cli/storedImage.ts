import { type Digest, EngineError } from '../engine/index.ts';
import type { OpenedImage } from './openImage.ts';
import type { Session } from './session.ts';

/** An image of the store, as containers are made of it. */
export interface StoredImage {
  readonly opened: OpenedImage;
  readonly manifest: Digest;
}

/** The image that a name means; what is elsewhere is imported first, under the names it was found by. */
export async function storedImage(session: Session, typed: string): Promise<StoredImage> {
  const opened = await session.openImage(typed);
  const { manifest } = opened.variant;
  if (opened.source.kind === 'store' && manifest !== undefined) return { opened, manifest: manifest.digest };
  return importedImage(session, opened);
}

async function importedImage(session: Session, found: OpenedImage): Promise<StoredImage> {
  const { source, entry, variant, names } = found;
  const { store } = await session.engine();
  const [name] = names;
  // One image alone is imported as it is, with the index it may be in.
  const part = entry.variants.length === 1 ? {} : { variant };
  const result = await store.import(source, entry, name, { ...session.callOptions, ...part });
  for (const other of names.slice(1)) await store.tag(other, result.target.digest);
  const stored = await session.openImage(`store:${result.target.digest}`);
  const { manifest } = stored.variant;
  if (manifest === undefined)
    throw new EngineError('internal', result.target.digest, 'what was imported has no manifest');
  await session.note(`${name ?? result.target.digest} was imported into the store`);
  return { opened: { ...stored, names }, manifest: manifest.digest };
}
