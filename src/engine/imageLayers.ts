import type { LayerOptions, LayerPlace } from './engineContract.ts';
import { EngineError, type FailureCode, isEngineError, toEngineError } from './base/errors.ts';
import type { Event } from './base/event.ts';
import type { Problem, ProblemCode } from './base/problem.ts';
import { damagedLayerIndex } from './layers/damagedLayerIndex.ts';
import type { LayerIndex } from './layers/layerIndex.ts';
import type { BuildOptions, LayerIndexes, LayerState } from './layers/layerIndexes.ts';
import { LayerPlaces } from './layerPlaces.ts';
import type { Image, Layer } from './sources/image.ts';

/** The layers of images, by position: finds or builds their indexes, and stands in for what cannot be read. */
export class ImageLayers {
  readonly #indexes: LayerIndexes;
  readonly #places = new LayerPlaces();
  readonly onDidChange: Event<readonly LayerPlace[]> = this.#places.onDidChange;

  constructor(indexes: LayerIndexes) {
    this.#indexes = indexes;
    indexes.onDidChange((key) => {
      this.#places.announce(key);
    });
  }

  /**
   * The layer's index. One that is missing or cannot be read at all gives an empty, incomplete index whose problem says
   * why, so that the layers around it can be shown.
   *
   * @throws EngineError `cancelled`; `not-found` for a position the image does not have; `no-space`, `denied` when
   * indexes cannot be written; of a layer that lies elsewhere also `unreachable`, `unauthorized` and their like.
   */
  async index(image: Image, position: number, options: BuildOptions = {}): Promise<LayerIndex> {
    const layer = layerAt(image, position);
    const place = layer.blob.location ?? layer.blob.remote;
    if (place === undefined) return damagedLayerIndex([missing(layer)]);
    try {
      const key = await this.#indexes.keyOf(layer.diffId, place);
      this.#places.add({ image, layer: position }, key);
      return await this.#indexes.get(key, place, options);
    } catch (error) {
      return damagedLayerIndex([unreadable(layer, error)]);
    }
  }

  /** The indexes of the layers 0…`upTo`, lowest first; those that are left out are empty (see {@link isLeftOut}). */
  stack(image: Image, upTo: number, options?: LayerOptions): Promise<readonly LayerIndex[]> {
    return Promise.all(
      image.layers.slice(0, upTo + 1).map(async ({ position }) => {
        const isWanted = options?.below !== 'at-hand' || position === upTo;
        if (isWanted || (await this.isAtHand(image, position))) return this.index(image, position, options);
        return (leftOut ??= damagedLayerIndex([]));
      }),
    );
  }

  /** Whether the index can be had without fetching the layer. */
  async isAtHand(image: Image, position: number): Promise<boolean> {
    const { blob, diffId } = layerAt(image, position);
    if (blob.location !== undefined || blob.remote === undefined) return true;
    return this.#indexes.knows(diffId, blob.remote.identity);
  }

  /**
   * The layers 0…`position` as far as they are known while the last of them is being read: undefined before anything of
   * it is there, and while a layer below is not known whole.
   */
  async previewStack(image: Image, position: number): Promise<readonly LayerIndex[] | undefined> {
    const key = this.#places.keyAt(image, position);
    const preview = key && this.#indexes.preview(key);
    const below = image.layers.slice(0, position);
    if (preview === undefined || below.some((layer) => this.state(image, layer.position).kind !== 'ready'))
      return undefined;
    return [...(await this.stack(image, position - 1)), preview];
  }

  state(image: Image, position: number): LayerState {
    const key = this.#places.keyAt(image, position);
    return key === undefined ? { kind: 'unknown' } : this.#indexes.state(key);
  }
}

/** Stands for a layer that lies elsewhere and was not asked for. */
let leftOut: LayerIndex | undefined;

export function isLeftOut(index: LayerIndex): boolean {
  return index === leftOut;
}

/** @throws EngineError `not-found`. */
export function layerAt(image: Image, position: number): Layer {
  const layer = image.layers[position];
  if (layer !== undefined) return layer;
  throw new EngineError('not-found', `layer ${position}`, `the image has ${image.layers.length} layers`);
}

function missing({ diffId, blob, position }: Layer): Problem {
  const subject = blob.descriptor?.digest ?? diffId ?? `layer ${position}`;
  return { code: 'blob-missing', subject, layer: position };
}

/** What the layer itself is to blame for; the rest is thrown on. */
function unreadable(layer: Layer, error: unknown): Problem {
  // A defect of ours is no damage of the image.
  if (!isEngineError(error) && !isSystemError(error)) throw error;
  const failure = toEngineError(error, layer.blob.location?.file ?? `layer ${layer.position}`);
  if (notTheLayers.has(failure.code)) throw failure;
  const code = problemCodes.get(failure.code) ?? 'blob-damaged';
  return { code, subject: failure.subject, detail: failure.detail, layer: layer.position };
}

/** Failures that say nothing of the layer: ours, and those of the way to it. */
const notTheLayers: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'cancelled',
  'no-space',
  'denied',
  'unreachable',
  'unauthorized',
  'rate-limited',
  'refused',
  'insecure',
  'busy',
]);

const problemCodes: ReadonlyMap<FailureCode, ProblemCode> = new Map<FailureCode, ProblemCode>([
  ['not-found', 'blob-missing'],
  ['digest-mismatch', 'digest-mismatch'],
  ['size-mismatch', 'size-mismatch'],
]);

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
