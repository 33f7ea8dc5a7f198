import type { LayerIndex } from './layerIndex.ts';
import type { LayerKey } from './layerKey.ts';

/** The indexes that were used of late, up to so many nodes over all of them. */
export class IndexesInMemory {
  readonly #maxNodes: number;
  /** Least recently used first. */
  readonly #kept = new Map<LayerKey, LayerIndex>();

  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  get(key: LayerKey): LayerIndex | undefined {
    return this.#kept.get(key);
  }

  /** Keeps it as the last used; the longest unused go, but never this one. */
  keep(key: LayerKey, index: LayerIndex): void {
    this.#kept.delete(key);
    this.#kept.set(key, index);
    let nodes = 0;
    for (const kept of this.#kept.values()) nodes += kept.nodeCount;
    for (const [oldest, kept] of this.#kept) {
      if (nodes <= this.#maxNodes || oldest === key) break;
      this.#kept.delete(oldest);
      nodes -= kept.nodeCount;
    }
  }

  clear(): void {
    this.#kept.clear();
  }
}
