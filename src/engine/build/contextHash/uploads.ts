import type { ByteName } from '../../base/layerPath.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import type { ContextDirectory, ContextNode } from './contextFile.ts';
import { looksSame } from './fileVersion.ts';
import { PathTree } from './pathTree.ts';
import { selectedTops } from './selectedTops.ts';

/**
 * A context as the builder counts it that has an earlier upload of it: a file that looks the same keeps its digest, and
 * a directory keeps the digest of its header whatever its mode is now (build-cache.md §1.2).
 */
export function asCounted(now: ContextDirectory, had: ContextDirectory | undefined): ContextDirectory {
  if (had === undefined || had === now) return now;
  const last = known.get(now);
  if (last?.had === had) return last.counted;
  const counted = countedDirectory(now, had);
  known.set(now, { had, counted });
  return counted;
}

/** After a save most directories are the same objects as before. */
const known = new WeakMap<
  ContextDirectory,
  { readonly had: ContextDirectory; readonly counted: ContextDirectory }
>();

function countedDirectory(now: ContextDirectory, had: ContextDirectory): ContextDirectory {
  let isOther = now.own !== had.own;
  const children = new Map<ByteName, ContextNode>();
  for (const [name, node] of now.children) {
    const counted = countedNode(node, had.children.get(name));
    isOther ||= counted !== node;
    children.set(name, counted);
  }
  return isOther ? { ...now, own: had.own, children } : now;
}

function countedNode(now: ContextNode, had: ContextNode | undefined): ContextNode {
  if (now.kind === 'directory') return had?.kind === 'directory' ? asCounted(now, had) : now;
  const isKept = now.kind === 'file' && had?.kind === 'file' && looksSame(now.version, had.version);
  return isKept && now.own !== had.own ? { ...now, own: had.own } : now;
}

/** The part of a context that is sent for these sources: what they name, links on the way, and the directories above. */
export function uploadOf(root: ContextDirectory, sources: readonly ContentSource[]): ContextDirectory {
  const tops = sources.flatMap((source) => selectedTops(root, source));
  return pruned(root, PathTree.of(tops.flatMap(({ name, path, links }) => [...links, name, path])));
}

function pruned(directory: ContextDirectory, paths: PathTree): ContextDirectory {
  if (paths.isWhole) return directory;
  const children = new Map<ByteName, ContextNode>();
  for (const [name, node] of directory.children) {
    const below = paths.children.get(name);
    if (below?.isWhole === true) children.set(name, node);
    else if (below !== undefined && node.kind === 'directory') children.set(name, pruned(node, below));
  }
  return { ...directory, children };
}
