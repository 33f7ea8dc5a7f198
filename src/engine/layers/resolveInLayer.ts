import type { LayerTree } from './layerTree.ts';
import { nodeType } from './layerTree.ts';

/** Where a directory's path leads in the layer's own tree. */
export interface DirectoryPlace {
  /** The last directory on the way that the layer has. */
  readonly node: number;
  /** Names below it that the layer does not have, or has as something else than a directory. */
  readonly missing: readonly string[];
  /** Whether a link's relative target climbed above the root, where it was held. */
  readonly escapes: boolean;
  readonly usesLinks: boolean;
}

/**
 * Follows a cleaned path to a directory, through symlinks of this layer only, inside the root: absolute targets begin
 * at the root again and `..` stops there (formats.md §2.2, 3). Nothing is made. Undefined after 40 links, or when links
 * have cost this layer more than any honest one would.
 */
export class LayerResolver {
  readonly #tree: LayerTree;
  /** Characters of link targets that may still be followed; keeps many short names from costing long walks. */
  #budget = 64 * 2 ** 20;

  constructor(tree: LayerTree) {
    this.#tree = tree;
  }

  resolve(path: string): DirectoryPlace | undefined {
    const walk = { node: 0, missing: [] as string[], escapes: false, usesLinks: false };
    let text = path;
    let at = 0;
    for (let links = 0; at < text.length;) {
      const end = componentEnd(text, at);
      const link = this.#step(walk, text, at, end);
      at = end + 1;
      if (link === undefined) continue;
      if (++links > maxLinks || (this.#budget -= link.length + text.length - at + 64) < 0) return undefined;
      walk.usesLinks = true;
      if (link.startsWith('/')) walk.node = 0;
      text = `${withoutLeadingClimb(link)}/${text.slice(at)}`;
      at = 0;
    }
    return walk;
  }

  /** Charges for a path that links made longer than its name. @returns whether it may still be used. */
  afford(characters: number): boolean {
    return (this.#budget -= characters) >= 0;
  }

  /** Goes one component further; gives a link's target where one is to be followed. */
  #step(walk: Walk, text: string, start: number, end: number): string | undefined {
    const length = end - start;
    if (length === 0 || (length === 1 && text[start] === '.')) return undefined;
    if (length === 2 && text.startsWith('..', start)) {
      this.#climb(walk);
      return undefined;
    }
    const child = walk.missing.length > 0 ? -1 : this.#tree.find(walk.node, text, start, end);
    const type = child < 0 ? nodeType.none : this.#tree.type(child);
    if (type === nodeType.dir) walk.node = child;
    else if (type !== nodeType.symlink) walk.missing.push(text.slice(start, end));
    else {
      const target = this.#targetOf(child);
      if (target !== '') return target;
      // A link without a target leads nowhere: it is in the way as a file would be.
      walk.missing.push(text.slice(start, end));
    }
    return undefined;
  }

  #climb(walk: Walk): void {
    if (walk.missing.pop() !== undefined) return;
    if (walk.node === 0) walk.escapes = true;
    walk.node = this.#tree.nodes.parents[walk.node] ?? 0;
  }

  #targetOf(node: number): string {
    return this.#tree.links.text(this.#tree.payloads[this.#tree.inode(node)] ?? 0);
  }
}

interface Walk {
  node: number;
  missing: string[];
  escapes: boolean;
  usesLinks: boolean;
}

/** As Linux has it (`MAXSYMLINKS`). */
const maxLinks = 40;

function componentEnd(text: string, start: number): number {
  const end = text.indexOf('/', start);
  return end < 0 ? text.length : end;
}

/** An absolute target that begins with `..` is the root: that is no climb to report. A relative one is left as it is. */
function withoutLeadingClimb(target: string): string {
  if (!target.startsWith('/')) return target;
  let at = 0;
  while (at < target.length) {
    const end = componentEnd(target, at);
    const component = target.slice(at, end);
    if (component !== '' && component !== '.' && component !== '..') break;
    at = end + 1;
  }
  return target.slice(at);
}
