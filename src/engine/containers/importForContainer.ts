import { EngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import type { ImportOptions, TransferResult } from '../transfer/transferReport.ts';
import type { EngineOwnImage } from './imageOfContainer.ts';

/** The store, as far as an image for a container comes into it. */
export interface ImportTarget {
  source(options?: CallOptions): Promise<ImageSource>;
  import(
    source: ImageSource,
    entry: ImageEntry,
    name: string | undefined,
    options?: ImportOptions,
  ): Promise<TransferResult>;
  remove(name: string): Promise<void>;
  removeTarget(target: Digest): Promise<void>;
}

export interface ImportedImage {
  readonly manifest: Digest;
  readonly name: string | undefined;
  /** Takes out of the store what was not in it before. */
  undo(): Promise<void>;
}

/** Imports the image of a container. Names that the store has for other images stay where they are. */
export async function importForContainer(
  store: ImportTarget,
  { source, entry, variant }: EngineOwnImage,
  options?: CallOptions,
): Promise<ImportedImage> {
  const before = await (await store.source(options)).list(options);
  const taken = new Set(before.flatMap(({ names }) => names));
  const names = entry.names.filter((name) => !taken.has(name));
  // One image alone is imported as it is, with the index it may be in.
  const part = entry.variants.length === 1 ? {} : { variant };
  const { target } = await store.import(source, { ...entry, names }, undefined, { ...options, ...part });
  const wasThere = before.some((each) => each.target?.digest === target.digest);
  const undo = async (): Promise<void> => {
    for (const name of names) await store.remove(name);
    if (names.length === 0 && !wasThere) await store.removeTarget(target.digest);
  };
  try {
    const after = await (await store.source(options)).list(options);
    const stored = after.find((each) => each.target?.digest === target.digest);
    const [manifest] = stored?.variants.flatMap((each) => each.manifest?.digest ?? []) ?? [];
    if (manifest === undefined)
      throw new EngineError('internal', target.digest, 'what was imported has no manifest');
    return { manifest, name: entry.names[0], undo };
  } catch (error) {
    await undo();
    throw error;
  }
}
