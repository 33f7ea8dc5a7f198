import * as vscode from 'vscode';
import {
  type Engine,
  EngineError,
  type EngineImages,
  type Image,
  type ImageEntry,
  type ImageSource,
  type ImageVariant,
  type Disposable,
  toEngineError,
} from '../engine/index.ts';
import type { KnownEngine } from './knownEngine.ts';
import { fingerprintOf } from './archiveFingerprint.ts';
import { type RememberedImage, RememberedImages } from './rememberedImages.ts';

/** An image with where it comes from: what commands need. */
export interface OpenedImage {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
  readonly image: Image;
}

/** An image that its source lists and that cannot be read at all. */
export interface UnreadableImage {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly variant: ImageVariant;
  readonly failure: EngineError;
}

/** How an opened archive stands to the file it was read from. */
export type ArchiveState = 'same' | 'changed' | 'missing';

/** Whether a location is an image in a registry: `docker://HOST/PATH:TAG`. It is asked for when a person opens it. */
export function isRemote(location: string): boolean {
  return location.startsWith('docker://');
}

/** Stands for the store where a location is asked for. */
export const storeLocation = 'store:';

/**
 * The archives and layouts a person has opened, and the store: what is shown, and what URIs are looked up in. Remembers
 * both over a restart. Sources are opened when first asked for and closed here.
 */
export class OpenedImages {
  readonly #engine: () => Engine;
  readonly #remembered: RememberedImages;
  readonly #findEngine: (location: string) => Promise<KnownEngine>;
  readonly #learning = new Map<string, Disposable>();
  readonly #sources = new Map<string, Promise<ImageSource>>();
  readonly #fingerprints = new Map<string, string | undefined>();
  readonly #images = new Map<string, OpenedImage>();
  readonly #changed = new vscode.EventEmitter<string | undefined>();
  readonly #reloaded = new vscode.EventEmitter<ReadonlySet<string>>();

  /** A location whose images are to be listed again, or undefined when the list of locations changed. */
  readonly onDidChange = this.#changed.event;
  /** The ids of images that may now hold something else. */
  readonly onDidReload = this.#reloaded.event;

  /** @param findEngine the container engine at a location; `not-found` when none is known there. */
  constructor(
    engine: () => Engine,
    memory: vscode.Memento,
    findEngine: (location: string) => Promise<KnownEngine>,
  ) {
    this.#findEngine = findEngine;
    this.#engine = engine;
    this.#remembered = new RememberedImages(memory);
  }

  /** The opened archives and layouts, in the order in which they were opened. */
  get locations(): readonly string[] {
    return this.#remembered.locations;
  }

  /** Opens what is there and keeps it in the list. Opening it again succeeds. */
  async open(location: string, signal?: AbortSignal): Promise<readonly (OpenedImage | UnreadableImage)[]> {
    if ((await this.stateOf(location)) !== 'same') await this.#drop(location);
    const source = await this.source(location, signal);
    const images = await this.imagesOf(source, signal);
    if (!this.locations.includes(location)) {
      await this.#remembered.addLocation(location);
      this.#changed.fire(undefined);
    }
    return images;
  }

  /** Takes it out of the list. Its tabs stay readable as long as the file does. */
  async close(location: string): Promise<void> {
    await this.#remembered.removeLocation(location);
    await this.#drop(location);
    this.#changed.fire(undefined);
  }

  /** Reads it again when next asked; all of them without a location. */
  async reload(location?: string): Promise<void> {
    for (const each of location === undefined ? [...this.#sources.keys()] : [location])
      await this.#drop(each);
    this.#changed.fire(location);
  }

  /** The source at a location, opened when it is not. Shared. @throws EngineError when it cannot be opened. */
  source(location: string, signal?: AbortSignal): Promise<ImageSource> {
    const known = this.#sources.get(location);
    if (known !== undefined) return known;
    const opening = this.#open(location, signal);
    this.#sources.set(location, opening);
    opening.catch(() => this.#sources.delete(location));
    return opening;
  }

  /** Every image of every platform. One that cannot be read does not keep the others from being listed. */
  async imagesOf(
    source: ImageSource,
    signal?: AbortSignal,
  ): Promise<readonly (OpenedImage | UnreadableImage)[]> {
    const options = signal === undefined ? {} : { signal };
    const entries = await source.list(options);
    return this.#imagesOfEntries(source, entries, signal);
  }

  /** An image of a container engine, by platform: those of which the engine has the content. */
  async inEngine(
    engine: KnownEngine,
    id: string,
    signal?: AbortSignal,
  ): Promise<readonly (OpenedImage | UnreadableImage)[]> {
    const options = signal === undefined ? {} : { signal };
    const source: EngineImages = await engine.connection.source(options);
    const entry = await source.find(id, options);
    this.#learnFrom(engine);
    const available = entry.variants.filter(({ isAvailable }) => isAvailable);
    const shown = available.length === 0 ? entry : { ...entry, variants: available };
    return this.#imagesOfEntries(source, [shown], signal);
  }

  /** The image a URI names. @throws EngineError `not-found` when nothing remembers it. */
  async byId(id: string): Promise<OpenedImage> {
    const known = this.#images.get(id) ?? (await this.#findAgain(id));
    if (known === undefined) throw new EngineError('not-found', id, 'no opened archive has this image');
    return known;
  }

  /** Knows an image that was found otherwise than by a list, as that of a container. */
  async keep(opened: OpenedImage): Promise<void> {
    if (this.#images.has(opened.image.id)) return;
    this.#images.set(opened.image.id, opened);
    await this.#remembered.add([rememberedOf(opened)]);
  }

  /** The image of that id if it is open already. */
  peek(id: string): OpenedImage | undefined {
    return this.#images.get(id);
  }

  /** Those of an engine's image that are open already, by platform. */
  openedOf(location: string, engineId: string): readonly OpenedImage[] {
    return [...this.#images.values()].filter(
      ({ source, entry }) => source.location === location && entry.engineId === engineId,
    );
  }

  /**
   * Every readable image of every opened archive and of the store. Archives that cannot be opened are left out, and so
   * are images in registries that nobody has looked at since the window opened: nothing is sent for a list.
   */
  async all(signal?: AbortSignal): Promise<readonly OpenedImage[]> {
    const known = this.locations.filter((location) => !isRemote(location) || this.#sources.has(location));
    const lists = await Promise.all(
      [...known, storeLocation].map(async (location) => {
        try {
          return (await this.imagesOf(await this.source(location, signal), signal)).filter(isReadable);
        } catch {
          return [];
        }
      }),
    );
    return lists.flat();
  }

  /** Whether the file is still the one that was read; `same` when it was never read. */
  async stateOf(location: string): Promise<ArchiveState> {
    if (isRemote(location)) return 'same';
    const now = await fingerprintOf(location);
    if (now === undefined) return 'missing';
    const before = this.#fingerprints.get(location);
    return before === undefined || before === now ? 'same' : 'changed';
  }

  async dispose(): Promise<void> {
    for (const each of this.#learning.values()) each.dispose();
    for (const location of [...this.#sources.keys()]) await this.#drop(location);
    this.#changed.dispose();
    this.#reloaded.dispose();
  }

  async #open(location: string, signal: AbortSignal | undefined): Promise<ImageSource> {
    const options = signal === undefined ? {} : { signal };
    if (location === storeLocation) return this.#engine().store.source(options);
    if (isRemote(location)) return this.#engine().openRemote(location, options);
    this.#fingerprints.set(location, await fingerprintOf(location));
    return this.#engine().open(location, options);
  }

  async #imagesOfEntries(
    source: ImageSource,
    entries: readonly ImageEntry[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (OpenedImage | UnreadableImage)[]> {
    const found = await Promise.all(
      entries.flatMap((entry) =>
        entry.variants.map((variant) => this.#imageOf(source, entry, variant, signal)),
      ),
    );
    await this.#remembered.add(found.filter(isReadable).map(rememberedOf));
    return found;
  }

  /** With its layers an engine's image brings its true config: what shows it is made anew. */
  #learnFrom({ location, connection }: KnownEngine): void {
    if (this.#learning.has(location)) return;
    this.#learning.set(
      location,
      connection.onDidLearnImage((engineId) => void this.#learn(location, engineId)),
    );
  }

  async #learn(location: string, engineId: string): Promise<void> {
    const learned = this.openedOf(location, engineId);
    for (const { source, entry, variant } of learned) await this.#imageOf(source, entry, variant, undefined);
    if (learned.length > 0) this.#reloaded.fire(new Set(learned.map(({ image }) => image.id)));
  }

  async #imageOf(
    source: ImageSource,
    entry: ImageEntry,
    variant: ImageVariant,
    signal: AbortSignal | undefined,
  ): Promise<OpenedImage | UnreadableImage> {
    try {
      const image = await this.#engine().image(
        source,
        entry,
        variant,
        signal === undefined ? {} : { signal },
      );
      const opened = { source, entry, variant, image };
      this.#images.set(image.id, opened);
      return opened;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      return { source, entry, variant, failure: toEngineError(error, entry.names[0] ?? source.location) };
    }
  }

  async #findAgain(id: string): Promise<OpenedImage | undefined> {
    const place = this.#remembered.placeOf(id);
    if (place === undefined) return undefined;
    if (place.engineId !== undefined) {
      await this.inEngine(await this.#findEngine(place.location), place.engineId);
      return this.#images.get(id);
    }
    await this.imagesOf(await this.source(place.location));
    return this.#images.get(id);
  }

  async #drop(location: string): Promise<void> {
    const source = this.#sources.get(location);
    this.#sources.delete(location);
    this.#fingerprints.delete(location);
    const ids = [...this.#images]
      .filter(([, opened]) => locationOf(opened.source) === location)
      .map(([id]) => id);
    for (const id of ids) this.#images.delete(id);
    if (ids.length > 0) this.#reloaded.fire(new Set(ids));
    await (await source?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** The name under which {@link OpenedImages} knows a source. */
export function locationOf(source: ImageSource): string {
  return source.kind === 'store' ? storeLocation : source.location;
}

function rememberedOf({ image, source, entry, variant }: OpenedImage): readonly [string, RememberedImage] {
  const { engineId } = entry;
  const place = { location: locationOf(source), entry: entry.position, variant: variant.position };
  return [image.id, engineId === undefined ? place : { ...place, engineId }];
}

export function isReadable(image: OpenedImage | UnreadableImage): image is OpenedImage {
  return 'image' in image;
}

/** Which layers below one that is opened take part: what lies in a registry is fetched layer by layer, as they are opened. */
export function belowOf({ source }: OpenedImage): 'all' | 'at-hand' {
  return source.kind === 'docker' ? 'at-hand' : 'all';
}
