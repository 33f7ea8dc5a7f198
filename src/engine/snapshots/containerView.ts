import { EngineError } from '../base/errors.ts';
import { baseName, type ByteName, joinPath, type LayerPath, rootPath, splitPath } from '../base/layerPath.ts';
import type { MergedDirectory, MergedEntry, MergedLeaf } from '../rootfs/mergedEntry.ts';
import { type Resolved, resolvePath } from '../rootfs/resolveLinks.ts';
import type { MergedView } from '../rootfs/unionView.ts';
import { type ContainerEntry, fromImage, fromUpper } from './containerEntry.ts';
import { copiedUp, type Inode } from './inode.ts';
import type { UpperDirectory, UpperLeaf, UpperState } from './upperState.ts';

/** What one name of a container's directory is. */
export type ContainerNode = ContainerDirectory | ContainerLeaf;

export interface ContainerDirectory {
  readonly kind: 'directory';
  readonly name: ByteName;
  readonly upper?: UpperDirectory;
  /** What of the image shows through. */
  readonly lower?: MergedDirectory;
}

export interface ContainerLeaf {
  readonly kind: 'leaf';
  readonly name: ByteName;
  /** The one that counts, where there are both. */
  readonly upper?: UpperLeaf;
  readonly lower?: MergedLeaf;
}

/**
 * The union of an image and a writable layer over it: what the container sees. Answers about one directory cost that
 * directory only.
 */
export class ContainerView {
  readonly image: MergedView;
  readonly upper: UpperState;

  constructor(image: MergedView, upper: UpperState) {
    this.image = image;
    this.upper = upper;
  }

  /** The entry itself, links in parents followed inside the root, the last component not followed. */
  lookup(path: LayerPath): ContainerEntry | undefined {
    const found = this.follow(splitPath(path), 'keep');
    return found === 'loop' || found === undefined ? undefined : this.toEntry(found.entry, pathOf(found));
  }

  /**
   * The entry a path leads to, all links followed inside the root; undefined when something on the way is absent.
   *
   * @throws EngineError `symlink-loop` after 40 links.
   */
  resolve(path: LayerPath): ContainerEntry | undefined {
    const found = this.#followed(path);
    return found && this.toEntry(found.entry, pathOf(found));
  }

  /** Children sorted by bytes; links are followed, the directory itself too. @throws EngineError `not-found`, `not-a-directory`. */
  list(directory: LayerPath): readonly ContainerEntry[] {
    const found = this.#followed(directory);
    if (found === undefined) throw new EngineError('not-found', directory, 'there is nothing at this path');
    if (found.entry.kind !== 'directory')
      throw new EngineError('not-a-directory', directory, 'this is not a directory');
    const path = pathOf(found);
    return this.children(found.entry).map((child) => this.toEntry(child, joinPath(path, child.name)));
  }

  /** Every entry, depth first, sorted by bytes; the root excluded. */
  *walk(): Iterable<ContainerEntry> {
    const open = [{ path: rootPath, children: this.#childrenOf(this.root) }];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.children.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      const path = joinPath(level.path, next.value.name);
      yield this.toEntry(next.value, path);
      if (next.value.kind === 'directory') open.push({ path, children: this.#childrenOf(next.value) });
    }
  }

  get root(): ContainerDirectory {
    return { kind: 'directory', name: '' as ByteName, upper: this.upper.root, lower: this.image.root };
  }

  /** What is at a path itself; no links are followed on the way. */
  at(path: LayerPath): ContainerNode | undefined {
    let node: ContainerNode | undefined = this.root;
    for (const name of splitPath(path))
      node = node?.kind === 'directory' ? this.child(node, name) : undefined;
    return node;
  }

  child({ upper, lower }: ContainerDirectory, name: ByteName): ContainerNode | undefined {
    const below = lower && this.image.merger.child(lower, name);
    const above = upper?.children.get(name);
    if (above === undefined) return below && fromLower(below);
    if (above.kind === 'whiteout') return undefined;
    if (above.kind === 'leaf') return { kind: 'leaf', name, upper: above };
    const merged = !above.isOpaque && below?.kind === 'directory' ? { lower: below } : {};
    return { kind: 'directory', name, upper: above, ...merged };
  }

  /** What the image has under a name of a directory, whether it shows through or not. */
  below({ lower }: ContainerDirectory, name: ByteName): MergedEntry | undefined {
    return lower && this.image.merger.child(lower, name);
  }

  /** Sorted by bytes. */
  children(directory: ContainerDirectory): readonly ContainerNode[] {
    const names = new Set(directory.upper?.children.keys());
    const found: ContainerNode[] = [];
    for (const below of directory.lower === undefined ? [] : this.image.merger.children(directory.lower))
      if (!names.has(below.name)) found.push(fromLower(below));
    for (const name of names) {
      const child = this.child(directory, name);
      if (child !== undefined) found.push(child);
    }
    return found.sort(byName);
  }

  /** Follows names from the root down; `..` is one of them. */
  follow(
    names: readonly ByteName[],
    last: 'follow' | 'keep',
  ): Resolved<ContainerDirectory, ContainerLeaf> | 'loop' | undefined {
    return resolvePath<ContainerDirectory, ContainerLeaf>(
      {
        root: this.root,
        child: ({ directory }, name) => this.child(directory, name),
        linkTarget: (node) => this.linkTarget(node),
      },
      names,
      last,
    );
  }

  linkTarget(node: ContainerNode): ByteName | undefined {
    if (node.kind === 'directory') return undefined;
    if (node.upper !== undefined) return this.upper.inode(node.upper.inode)?.linkTarget;
    const content = node.lower?.content;
    return content && this.image.layers[content.layer]?.linkTarget(content.node);
  }

  /** What a node is beside its names; of the image's what it would be copied up as. */
  inodeAt({ upper, lower }: ContainerNode, path: LayerPath): Inode {
    const own = upper && this.upper.inode(upper.inode);
    return own ?? copiedUp(this.image.toEntry(lower ?? this.image.root, path));
  }

  toEntry({ upper, lower }: ContainerNode, path: LayerPath): ContainerEntry {
    const inode = upper && this.upper.inode(upper.inode);
    if (upper !== undefined && inode !== undefined)
      return fromUpper(path, baseName(path), upper.inode, inode);
    // The root alone is in the writable layer before it is copied up.
    return fromImage(this.image.toEntry(lower ?? this.image.root, path));
  }

  #childrenOf(directory: ContainerDirectory): Iterator<ContainerNode> {
    return this.children(directory)[Symbol.iterator]();
  }

  #followed(path: LayerPath): Resolved<ContainerDirectory, ContainerLeaf> | undefined {
    const found = this.follow(splitPath(path), 'follow');
    if (found === 'loop') throw new EngineError('symlink-loop', path, 'it leads through more than 40 links');
    return found;
  }
}

function fromLower(entry: MergedEntry): ContainerNode {
  return entry.kind === 'leaf'
    ? { kind: 'leaf', name: entry.name, lower: entry }
    : { kind: 'directory', name: entry.name, lower: entry };
}

function byName(one: ContainerNode, other: ContainerNode): number {
  return one.name < other.name ? -1 : 1;
}

function pathOf({ names }: { readonly names: readonly ByteName[] }): LayerPath {
  return `/${names.join('/')}` as LayerPath;
}
