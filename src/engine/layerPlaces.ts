import type { LayerPlace } from './engineContract.ts';
import { type Event, EventEmitter } from './base/event.ts';
import type { LayerKey } from './layers/layerKey.ts';
import type { Image } from './sources/image.ts';

/** Which images have which layer: from a layer's key back to every place where it stands. */
export class LayerPlaces {
  readonly #keys = new Map<string, LayerKey>();
  readonly #places = new Map<LayerKey, LayerPlace[]>();
  readonly #changed = new EventEmitter<readonly LayerPlace[]>();

  readonly onDidChange: Event<readonly LayerPlace[]> = this.#changed.event;

  add(place: LayerPlace, key: LayerKey): void {
    const name = nameOf(place.image, place.layer);
    if (this.#keys.get(name) === key) return;
    this.#keys.set(name, key);
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, [place]);
    else places.push(place);
  }

  /** The layer's key, once its bytes have been looked at. */
  keyAt(image: Image, layer: number): LayerKey | undefined {
    return this.#keys.get(nameOf(image, layer));
  }

  /** Tells listeners that the layer's state changed. */
  announce(key: LayerKey): void {
    const places = this.#places.get(key);
    if (places !== undefined) this.#changed.fire(places);
  }
}

function nameOf(image: Image, layer: number): string {
  return `${image.id} ${layer}`;
}
