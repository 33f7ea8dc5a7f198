import type { ByteName } from '../base/layerPath.ts';
import type { MergedDirectory, MergedLeaf } from './mergedEntry.ts';

/** What {@link resolvePath} asks of a tree: of images, or of another whose directories `D` and leaves `L` are. */
export interface LinkedTree<D extends AnyDirectory = MergedDirectory, L extends AnyLeaf = MergedLeaf> {
  readonly root: D;
  child(directory: PlacedDirectory<D>, name: ByteName): D | L | undefined;
  linkTarget(entry: D | L): ByteName | undefined;
}

/** A directory with those above it, from the root down, itself last. */
export interface PlacedDirectory<D extends AnyDirectory = MergedDirectory> {
  readonly directory: D;
  readonly names: readonly ByteName[];
}

/** Where a path leads: the entry, and the names to it, all links followed. */
export interface Resolved<D extends AnyDirectory = MergedDirectory, L extends AnyLeaf = MergedLeaf> {
  readonly entry: D | L;
  readonly names: readonly ByteName[];
}

interface AnyDirectory {
  readonly kind: 'directory';
}

interface AnyLeaf {
  readonly kind: 'leaf';
}

/**
 * Follows a path as the kernel does in a container: inside the root, absolute targets from the root on, `..` no further
 * up than the root, at most 40 links. Undefined when something on the way is not there.
 *
 * @param last whether a link in the last component is followed too.
 */
export function resolvePath<D extends AnyDirectory, L extends AnyLeaf>(
  tree: LinkedTree<D, L>,
  names: readonly ByteName[],
  last: 'follow' | 'keep',
): Resolved<D, L> | 'loop' | undefined {
  const walk: Walk<D> = { directories: [tree.root], names: [] };
  // Components still to go, the next one at the end.
  const left = [...names].reverse();
  for (let links = 0, name = left.pop(); name !== undefined; name = left.pop()) {
    if (name === '..') {
      climb(walk);
      continue;
    }
    const entry = childOf(tree, walk, name);
    if (entry === undefined) return undefined;
    const target = left.length > 0 || last === 'follow' ? tree.linkTarget(entry) : undefined;
    if (target !== undefined) {
      if (++links > maxLinks) return 'loop';
      if (target === '') return undefined;
      if (target.startsWith('/')) restart(walk);
      for (const part of componentsOf(target).reverse()) left.push(part);
    } else if (entry.kind === 'directory') enter(walk, entry, name);
    else return left.length === 0 ? { entry, names: [...walk.names, name] } : undefined;
  }
  return { entry: walk.directories.at(-1) ?? tree.root, names: walk.names };
}

/** As Linux has it (`MAXSYMLINKS`). */
const maxLinks = 40;

interface Walk<D> {
  /** The root and the directories entered below it. */
  readonly directories: D[];
  readonly names: ByteName[];
}

function childOf<D extends AnyDirectory, L extends AnyLeaf>(
  tree: LinkedTree<D, L>,
  walk: Walk<D>,
  name: ByteName,
): D | L | undefined {
  return tree.child({ directory: walk.directories.at(-1) ?? tree.root, names: walk.names }, name);
}

function enter<D>(walk: Walk<D>, directory: D, name: ByteName): void {
  walk.directories.push(directory);
  walk.names.push(name);
}

function climb(walk: Walk<unknown>): void {
  if (walk.names.pop() !== undefined) walk.directories.pop();
}

function restart(walk: Walk<unknown>): void {
  walk.directories.length = 1;
  walk.names.length = 0;
}

function componentsOf(target: ByteName): ByteName[] {
  return (target.split('/') as ByteName[]).filter((name) => name !== '' && name !== '.');
}
