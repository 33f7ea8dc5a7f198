import type { LayerPath } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { comparePaths } from './comparePaths.ts';
import type { LowerLinkTable } from './followLowerLinks.ts';
import type { LayerNode } from './mergedEntry.ts';
import { pathOfNode } from './pathOfNode.ts';

/** Which names of the merged file system are one inode, links across layers included; found out group by group. */
export class LinkNames {
  readonly #layers: readonly LayerIndex[];
  readonly #links: LowerLinkTable;
  readonly #contentAt: (path: LayerPath) => LayerNode | undefined;
  readonly #firsts = new Map<string, LayerPath | undefined>();
  #linksByInode: ReadonlyMap<string, readonly LayerNode[]> | undefined;

  /** @param contentAt whose bytes a path of the merged file system has, no links followed. */
  constructor(
    layers: readonly LayerIndex[],
    links: LowerLinkTable,
    contentAt: (path: LayerPath) => LayerNode | undefined,
  ) {
    this.#layers = layers;
    this.#links = links;
    this.#contentAt = contentAt;
  }

  /** The first name of the inode; undefined when only one of its names is there. */
  firstOf(content: LayerNode): LayerPath | undefined {
    const inode = this.#inode(content);
    if (!this.#firsts.has(inode)) this.#firsts.set(inode, this.#findFirst(content, inode));
    return this.#firsts.get(inode);
  }

  #findFirst(content: LayerNode, inode: string): LayerPath | undefined {
    const names = this.#namesOf(content, inode);
    if (names.length < 2) return undefined;
    const there = names.flatMap(({ layer, node }) => {
      const index = this.#layers[layer];
      const path = index === undefined ? undefined : pathOfNode(index, node);
      const found = path === undefined ? undefined : this.#contentAt(path);
      return path !== undefined && found !== undefined && this.#inode(found) === inode ? [path] : [];
    });
    // A path may be a name of the inode in two layers.
    const [first, second] = [...new Set(there)].sort(comparePaths);
    return second === undefined ? undefined : first;
  }

  #namesOf({ layer, node }: LayerNode, inode: string): readonly LayerNode[] {
    this.#linksByInode ??= this.#groupLinks();
    const own = (this.#layers[layer]?.linkedNodes(node) ?? []).map((each) => ({ layer, node: each }));
    return [...own, ...(this.#linksByInode.get(inode) ?? [])];
  }

  #groupLinks(): ReadonlyMap<string, readonly LayerNode[]> {
    const groups = new Map<string, LayerNode[]>();
    for (const { link, target } of this.#links.links()) {
      const inode = this.#inode(target);
      const group = groups.get(inode);
      if (group === undefined) groups.set(inode, [link]);
      else group.push(link);
    }
    return groups;
  }

  #inode({ layer, node }: LayerNode): string {
    return `${layer} ${this.#layers[layer]?.inode(node) ?? node}`;
  }
}
