import type { LayerChange, StepStatus } from '../engine/index.ts';
import type { EditorContext } from './context.ts';
import { isChangeItself } from './entryText.ts';
import type { CacheAnswer } from './followedDockerfile.ts';
import { openEngineImage } from './imageChoice.ts';
import type { OpenedImage } from './openedImages.ts';

/** The layer that a step made the last time, in an image that has it. */
export interface StepLayerPlace {
  readonly opened: OpenedImage;
  /** In the image, lowest 0. */
  readonly layer: number;
}

/** Larger layers are looked at in the tree, where a directory at a time is read. */
const mostEntries = 20_000;

/** Finds the layers of steps, and what is in them. */
export class StepLayers {
  readonly #context: EditorContext;
  readonly #changes = new Map<string, Promise<readonly LayerChange[] | undefined>>();

  constructor(context: EditorContext) {
    this.#context = context;
  }

  /** Undefined when no image is known to hold it. @throws EngineError when that image is gone. */
  async find(answer: CacheAnswer, { layer }: StepStatus): Promise<StepLayerPlace | undefined> {
    const { engine } = answer;
    if (engine === undefined || layer?.image === undefined || layer.position === undefined) return undefined;
    const details = await engine.client.inspectImage(layer.image, { manifests: true });
    const image = engine.lists.imageOf(details);
    const opened = await openEngineImage(this.#context, { engine, image });
    const found = opened.image.layers[layer.position];
    // A name may have moved to another image since.
    const isIt = found !== undefined && (layer.diffId === undefined || found.diffId === layer.diffId);
    return isIt ? { opened, layer: layer.position } : undefined;
  }

  /** What the layer changes, where that can be had without fetching it; undefined otherwise. */
  changesAtHand(place: StepLayerPlace): Promise<readonly LayerChange[] | undefined> {
    const key = `${place.opened.image.id} ${place.layer}`;
    const known = this.#changes.get(key) ?? this.#read(place);
    this.#changes.set(key, known);
    void known.then(
      (changes) => changes ?? this.#changes.delete(key),
      () => this.#changes.delete(key),
    );
    return known;
  }

  /** The same, fetched where it has to be. */
  async changes({ opened: { image }, layer }: StepLayerPlace): Promise<readonly LayerChange[]> {
    return (await this.#context.engine.allChanges(image, layer, { below: 'at-hand' })).filter(isChangeItself);
  }

  async #read({ opened: { image }, layer }: StepLayerPlace): Promise<readonly LayerChange[] | undefined> {
    const { engine } = this.#context;
    if (!(await engine.isLayerAtHand(image, layer))) return undefined;
    const index = await engine.layerIndex(image, layer);
    if (index.summary.entryCount > mostEntries) return undefined;
    return (await engine.allChanges(image, layer, { below: 'at-hand' })).filter(isChangeItself);
  }
}
