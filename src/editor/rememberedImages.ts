import type * as vscode from 'vscode';

/** Where the image of a URI is found again after a restart. */
export interface RememberedImage {
  readonly location: string;
  /** Positions in the source, as they were. */
  readonly entry: number;
  readonly variant: number;
  /** Of an engine's image, what the engine calls it: there positions move. */
  readonly engineId?: string;
}

const locationsKey = 'lamina.archives';
const imagesKey = 'lamina.images';
const mostImages = 2000;

/** What is kept over a restart: the archives that are open, and which archive has the image of a URI. */
export class RememberedImages {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** In the order in which they were opened. */
  get locations(): readonly string[] {
    return this.#memory.get<readonly string[]>(locationsKey, []);
  }

  async addLocation(location: string): Promise<void> {
    await this.#memory.update(locationsKey, [...this.locations, location]);
  }

  async removeLocation(location: string): Promise<void> {
    await this.#memory.update(
      locationsKey,
      this.locations.filter((each) => each !== location),
    );
  }

  placeOf(id: string): RememberedImage | undefined {
    return this.#images[id];
  }

  /** The longest known are forgotten first. */
  async add(images: readonly (readonly [id: string, place: RememberedImage])[]): Promise<void> {
    const known = this.#images;
    const fresh = images.filter(([id]) => known[id] === undefined);
    if (fresh.length === 0) return;
    await this.#memory.update(
      imagesKey,
      Object.fromEntries([...Object.entries(known), ...fresh].slice(-mostImages)),
    );
  }

  get #images(): Readonly<Record<string, RememberedImage>> {
    return this.#memory.get<Readonly<Record<string, RememberedImage>>>(imagesKey, {});
  }
}
