import type { LayerPath } from '../base/layerPath.ts';
import { type LayerIndex, noNode } from '../layers/layerIndex.ts';
import type { RootfsEntry, UnionView } from './rootfs.ts';

/**
 * Which names of a union are one file. Nothing is computed before the first question, and the union is only walked
 * when some layer has hard links at all.
 */
export class HardLinks {
  readonly #view: UnionView;
  /** For each layer, the inodes that may have more than one name; undefined: any of them. */
  readonly #candidates: readonly (ReadonlySet<number> | undefined)[];
  #firstPaths: ReadonlyMap<string, LayerPath> | undefined;

  constructor(view: UnionView) {
    this.#view = view;
    const isAny = view.layers.some(linksDown);
    this.#candidates = view.layers.map((layer) => (isAny ? undefined : sharedInodes(layer)));
  }

  /** The first path, by the order of a walk, of the names that are this file; undefined when it has one name. */
  firstPath(entry: RootfsEntry): LayerPath | undefined {
    const key = this.#keyOf(entry);
    if (key === undefined) return undefined;
    this.#firstPaths ??= this.#findFirstPaths();
    return this.#firstPaths.get(key);
  }

  #findFirstPaths(): ReadonlyMap<string, LayerPath> {
    const seen = new Map<string, LayerPath>();
    const shared = new Map<string, LayerPath>();
    for (const entry of this.#view.walk()) {
      const key = this.#keyOf(entry);
      if (key === undefined) continue;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, entry.path);
      else shared.set(key, first);
    }
    return shared;
  }

  /** The name of an entry's inode; undefined when it has no other names. */
  #keyOf({ type, contentLayer, contentNode }: RootfsEntry): string | undefined {
    const index = this.#view.layers[contentLayer];
    if (type === 'dir' || index === undefined) return undefined;
    const inode = index.inode(contentNode);
    const candidates = this.#candidates[contentLayer];
    return candidates === undefined || candidates.has(inode) ? `${contentLayer}/${inode}` : undefined;
  }
}

/** Whether the layer has hard links to lower layers, which join names across layers. */
function linksDown(layer: LayerIndex): boolean {
  for (let node = 0; node < layer.nodeCount; node++)
    if (layer.lowerLinkTarget(node) !== undefined) return true;
  return false;
}

function sharedInodes(layer: LayerIndex): ReadonlySet<number> {
  const shared = new Set<number>();
  for (let node = 0; node < layer.nodeCount; node++) {
    const inode = layer.inode(node);
    if (inode !== node && inode !== noNode) shared.add(inode);
  }
  return shared;
}
