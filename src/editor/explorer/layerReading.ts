import * as vscode from 'vscode';
import {
  type Engine,
  type Image,
  isEngineError,
  type LayerPlace,
  type LayerSummary,
  type Problem,
} from '../../engine/index.ts';
import { failureText } from '../failures.ts';
import { belowOf, type OpenedImage } from '../openedImages.ts';

/** What is known of a layer once it has been read. */
export interface LayerFacts {
  readonly summary: LayerSummary;
  readonly problems: readonly Problem[];
}

/** How a layer stands, for the tree. */
export type LayerReadingState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'reading'; readonly percent: number | undefined; readonly isFetching: boolean }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ready'; readonly facts: LayerFacts };

const flushMs = 250;

/**
 * Reads the layers of the images that a person looks at, in the background, and tells when a layer's sizes become
 * known. Changes are gathered, so that a tree is not redrawn for every percent.
 */
export class LayerReading implements vscode.Disposable {
  readonly #engine: () => Engine;
  readonly #facts = new Map<string, LayerFacts>();
  readonly #failures = new Map<string, string>();
  readonly #running = new Map<string, AbortController>();
  readonly #pending = new Map<string, LayerPlace>();
  readonly #changed = new vscode.EventEmitter<readonly LayerPlace[]>();
  #listening: { dispose(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  stateOf(image: Image, layer: number): LayerReadingState {
    const key = keyOf(image, layer);
    const facts = this.#facts.get(key);
    if (facts !== undefined) return { kind: 'ready', facts };
    const reason = this.#failures.get(key);
    if (reason !== undefined) return { kind: 'failed', reason };
    const state = this.#engine().layerState(image, layer);
    if (state.kind !== 'reading') return { kind: 'waiting' };
    const percent = state.total > 0 ? Math.min(99, Math.floor((state.done / state.total) * 100)) : undefined;
    return { kind: 'reading', percent, isFetching: state.phase === 'fetching' };
  }

  /** Docker's SIZE of the whole image, once every layer is known. */
  sizeOf(image: Image): number | undefined {
    let size = 0;
    for (const { position } of image.layers) {
      const facts = this.#facts.get(keyOf(image, position));
      if (facts === undefined) return undefined;
      size += facts.summary.size;
    }
    return size;
  }

  /**
   * Begins to read all layers of an image. Starting again while it runs does nothing. Of an image in a registry only
   * those are read that need not be fetched; the others once something else had them fetched.
   */
  start(opened: OpenedImage): void {
    const { image } = opened;
    if (this.#running.has(image.id) || this.sizeOf(image) !== undefined) return;
    this.#listen();
    const abort = new AbortController();
    this.#running.set(image.id, abort);
    const isLazy = belowOf(opened) === 'at-hand';
    void this.#readAll(image, isLazy, abort.signal).finally(() => {
      if (this.#running.get(image.id) === abort) this.#running.delete(image.id);
    });
  }

  /** Gives up what was started, because nobody looks at it any more. */
  stop(image: Image): void {
    this.#running.get(image.id)?.abort();
    this.#running.delete(image.id);
  }

  /** Forgets what is known, to ask again. */
  reset(): void {
    for (const abort of this.#running.values()) abort.abort();
    this.#running.clear();
    this.#facts.clear();
    this.#failures.clear();
    this.#listening?.dispose();
    this.#listening = undefined;
  }

  dispose(): void {
    this.reset();
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  async #readAll(image: Image, isLazy: boolean, signal: AbortSignal): Promise<void> {
    // All at once: the engine queues them, and reads as many at a time as the machine bears.
    await Promise.all(
      image.layers.map(async ({ position }) => {
        if (isLazy && !(await this.#engine().isLayerAtHand(image, position))) return;
        await this.#readOne(image, position, signal);
      }),
    );
  }

  async #readOne(image: Image, layer: number, signal: AbortSignal): Promise<void> {
    const key = keyOf(image, layer);
    try {
      const { summary, problems } = await this.#engine().layerIndex(image, layer, {
        signal,
        priority: 'background',
      });
      if (signal.aborted) return;
      this.#failures.delete(key);
      this.#facts.set(key, { summary, problems });
    } catch (error) {
      if (signal.aborted || isEngineError(error, 'cancelled')) return;
      this.#failures.set(key, failureText(error));
    }
    this.#announce([{ image, layer }]);
  }

  /** A layer that something else had read is known from then on, too. */
  async #takeReady(image: Image, layer: number): Promise<void> {
    if (this.#facts.has(keyOf(image, layer)) || this.#engine().layerState(image, layer).kind !== 'ready')
      return;
    await this.#readOne(image, layer, new AbortController().signal);
  }

  #listen(): void {
    this.#listening ??= this.#engine().onDidChangeLayer((places) => {
      this.#announce(places);
      for (const { image, layer } of places) void this.#takeReady(image, layer);
    });
  }

  #announce(places: readonly LayerPlace[]): void {
    for (const place of places) this.#pending.set(keyOf(place.image, place.layer), place);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const all = [...this.#pending.values()];
      this.#pending.clear();
      this.#changed.fire(all);
    }, flushMs);
  }
}

function keyOf(image: Image, layer: number): string {
  return `${image.id} ${layer}`;
}
