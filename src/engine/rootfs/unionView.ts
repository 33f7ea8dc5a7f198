import { EngineError } from '../base/errors.ts';
import {
  type ByteName,
  type LayerPath,
  baseName,
  joinPath,
  parentPath,
  rootPath,
  splitPath,
} from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { LowerLinkTable } from './followLowerLinks.ts';
import { LinkNames } from './linkNames.ts';
import { LayerMerger } from './mergeLayers.ts';
import type { LayerNode, MergedDirectory, MergedEntry, MergedLeaf } from './mergedEntry.ts';
import { type PlacedDirectory, type Resolved, resolvePath } from './resolveLinks.ts';
import type { RootfsEntry, UnionView } from './rootfs.ts';
import { toRootfsEntry } from './toRootfsEntry.ts';

/** The union of a stack of layers, lowest first. Making it costs nothing but following hard links into lower layers. */
export function createUnionView(layers: readonly LayerIndex[]): MergedView {
  return new MergedView(layers);
}

/** The union, and for the rooms beside this one its directories as they are merged. */
export class MergedView implements UnionView {
  readonly layers: readonly LayerIndex[];
  readonly merger: LayerMerger;
  readonly root: MergedDirectory;
  readonly #links: LowerLinkTable;
  readonly #linkNames: LinkNames;
  /** Directories that were asked for, by path; the oldest go first. */
  readonly #directories = new Map<LayerPath, MergedDirectory>();

  /** @param links of these layers and perhaps more above them; followed now when left out. */
  constructor(layers: readonly LayerIndex[], links = new LowerLinkTable(layers)) {
    this.layers = layers;
    this.#links = links;
    this.merger = new LayerMerger(layers, (link) => this.#links.follow(link));
    this.root = this.merger.root();
    this.#linkNames = new LinkNames(layers, this.#links, (path) => contentOf(this.at(path)));
  }

  /** The union of the layers 0…`end` − 1. Cheap: what hard links lead to does not depend on what lies above. */
  below(end: number): MergedView {
    return new MergedView(this.layers.slice(0, end), this.#links);
  }

  lookup(path: LayerPath): RootfsEntry | undefined {
    const found = this.#resolve(path, 'keep');
    return found === 'loop' || found === undefined ? undefined : this.#entryOf(found);
  }

  resolve(path: LayerPath): RootfsEntry | undefined {
    const found = this.#follow(path);
    return found === undefined ? undefined : this.#entryOf(found);
  }

  list(directory: LayerPath): readonly RootfsEntry[] {
    const { entry, path } = this.#directory(directory);
    return Array.from(this.merger.children(entry), (child) =>
      this.toEntry(child, joinPath(path, child.name)),
    );
  }

  *walk(directory: LayerPath = rootPath): Iterable<RootfsEntry> {
    for (const { entry, path } of this.walkMerged(directory)) yield this.toEntry(entry, path);
  }

  /** As {@link walk}, with entries that are cheaper to make. */
  *walkMerged(
    directory: LayerPath = rootPath,
  ): Iterable<{ readonly entry: MergedEntry; readonly path: LayerPath }> {
    const start = this.#directory(directory);
    const open = [{ path: start.path, children: this.#childrenOf(start.entry) }];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.children.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const entry = next.value;
      const path = joinPath(level.path, entry.name);
      yield { entry, path };
      if (entry.kind === 'directory') open.push({ path, children: this.#childrenOf(entry) });
    }
  }

  problems(): readonly Problem[] {
    const own = this.layers.flatMap((index, layer) =>
      index.problems.map((problem) => ({ ...problem, layer })),
    );
    const found = this.#links.problems.filter(({ layer = 0 }) => layer < this.layers.length);
    return [...own, ...found];
  }

  hardLinkOf(entry: RootfsEntry): LayerPath | undefined {
    if (entry.type === 'dir') return undefined;
    return this.#linkNames.firstOf({ layer: entry.contentLayer, node: entry.contentNode });
  }

  /** What is at a path itself; no links are followed on the way. */
  at(path: LayerPath): MergedEntry | undefined {
    let entry: MergedEntry | undefined = this.root;
    let walked = rootPath;
    for (const name of splitPath(path)) {
      if (entry?.kind !== 'directory') return undefined;
      walked = joinPath(walked, name);
      entry = this.#child(entry, walked, name);
    }
    return entry;
  }

  /** The path with the links in its parents followed; as it is where they lead nowhere. */
  followParents(path: LayerPath): LayerPath {
    if (path === rootPath) return path;
    const parent = this.#resolve(parentPath(path), 'follow');
    const isDirectory = typeof parent === 'object' && parent.entry.kind === 'directory';
    return isDirectory ? joinPath(pathOf(parent.names), baseName(path)) : path;
  }

  toEntry(entry: MergedEntry, path: LayerPath): RootfsEntry {
    return toRootfsEntry(this.layers, entry, path);
  }

  /** Whether what the layers hold here can depend on anything but those layers: on links into lower ones. */
  get hasLowerLinks(): boolean {
    return this.layers.some((index) => index.lowerLinks().length > 0);
  }

  #entryOf({ entry, names }: Resolved): RootfsEntry {
    return this.toEntry(entry, pathOf(names));
  }

  #directory(path: LayerPath): { readonly entry: MergedDirectory; readonly path: LayerPath } {
    const found = this.#follow(path);
    if (found === undefined) throw new EngineError('not-found', path, 'there is nothing at this path');
    if (found.entry.kind !== 'directory')
      throw new EngineError('not-a-directory', path, 'this is not a directory');
    return { entry: found.entry, path: pathOf(found.names) };
  }

  #follow(path: LayerPath): Resolved | undefined {
    const found = this.#resolve(path, 'follow');
    if (found === 'loop') throw new EngineError('symlink-loop', path, 'it leads through more than 40 links');
    return found;
  }

  #resolve(path: LayerPath, last: 'follow' | 'keep'): Resolved | 'loop' | undefined {
    const tree = {
      root: this.root,
      child: ({ directory, names }: PlacedDirectory, name: ByteName) =>
        this.#child(directory, joinPath(pathOf(names), name), name),
      linkTarget: (entry: MergedEntry) => this.#linkTarget(entry),
    };
    return resolvePath<MergedDirectory, MergedLeaf>(tree, splitPath(path), last);
  }

  #linkTarget(entry: MergedEntry): ByteName | undefined {
    if (entry.kind === 'directory') return undefined;
    return this.layers[entry.content.layer]?.linkTarget(entry.content.node);
  }

  #child(directory: MergedDirectory, path: LayerPath, name: ByteName): MergedEntry | undefined {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const child = this.merger.child(directory, name);
    if (child?.kind === 'directory') this.#remember(path, child);
    return child;
  }

  #remember(path: LayerPath, directory: MergedDirectory): void {
    this.#directories.set(path, directory);
    if (this.#directories.size <= maxRemembered) return;
    const [oldest] = this.#directories.keys();
    if (oldest !== undefined) this.#directories.delete(oldest);
  }

  #childrenOf(directory: MergedDirectory): Iterator<MergedEntry> {
    return this.merger.children(directory)[Symbol.iterator]();
  }
}

const maxRemembered = 2000;

function pathOf(names: readonly ByteName[]): LayerPath {
  return `/${names.join('/')}` as LayerPath;
}

function contentOf(entry: MergedEntry | undefined): LayerNode | undefined {
  return entry?.kind === 'leaf' ? entry.content : undefined;
}
