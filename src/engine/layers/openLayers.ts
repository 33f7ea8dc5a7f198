import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError } from '../base/errors.ts';
import { type ContentCaches, LayerContent } from './layerContent.ts';
import { locateCheckpoints } from './layerIndexFile.ts';

/** A layer whose content can be read: its blob and its index file. */
export interface ReadableLayer {
  readonly blob: BlobLocation;
  readonly indexFile: string;
}

/** The layers that reads of late were about, held open. Owns the caches. */
export class OpenLayers implements AsyncDisposable {
  readonly #caches: ContentCaches;
  readonly #most: number;
  /** Least recently used first. */
  readonly #layers = new Map<string, { readonly content: Promise<LayerContent>; users: number }>();

  constructor(caches: ContentCaches, most = 16) {
    this.#caches = caches;
    this.#most = most;
  }

  /** Hands the open layer to `use`, and keeps it from being closed while that runs. */
  async *using<T>(layer: ReadableLayer, use: (content: LayerContent) => AsyncIterable<T>): AsyncGenerator<T> {
    const key = JSON.stringify([layer.blob, layer.indexFile]);
    const open = this.#layers.get(key) ?? { content: this.#open(layer), users: 0 };
    this.#layers.delete(key);
    this.#layers.set(key, open);
    open.users++;
    try {
      yield* use(await open.content);
    } catch (error) {
      // What failed is opened anew by the next read: the index may have been built again, the disk be back.
      if (this.#layers.get(key) === open) this.#layers.delete(key);
      throw error;
    } finally {
      open.users--;
      if (open.users === 0 && this.#layers.get(key) !== open) await close(open.content);
      await this.#closeUnused();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const layers = [...this.#layers.values()];
    this.#layers.clear();
    for (const { content } of layers) await close(content);
    await this.#caches.tars[Symbol.asyncDispose]();
  }

  async #open({ blob, indexFile }: ReadableLayer): Promise<LayerContent> {
    const section = await locateCheckpoints(indexFile);
    if (section === undefined) throw new EngineError('damaged', indexFile, 'the index has no checkpoints');
    return LayerContent.open(blob, section, this.#caches);
  }

  async #closeUnused(): Promise<void> {
    for (const [key, { content, users }] of this.#layers) {
      if (this.#layers.size <= this.#most) return;
      if (users > 0) continue;
      this.#layers.delete(key);
      await close(content);
    }
  }
}

async function close(content: Promise<LayerContent>): Promise<void> {
  await content.then(
    (open) => open[Symbol.asyncDispose](),
    () => undefined,
  );
}
