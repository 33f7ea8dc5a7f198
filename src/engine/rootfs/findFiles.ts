import { Pacer, hostSliceMs, throwIfAborted } from '../base/abort.ts';
import { type LayerPath, joinPath, rootPath } from '../base/layerPath.ts';
import type { LayerIndex, NodeId } from '../layers/layerIndex.ts';
import { type MatchPath, parsePattern } from './matchPath.ts';
import type { MergedEntry } from './mergedEntry.ts';
import type { RootfsEntry } from './rootfs.ts';
import { toRootfsEntry } from './toRootfsEntry.ts';
import { createUnionView, type MergedView } from './unionView.ts';

export interface FindRequest {
  /** The stack, lowest first. */
  readonly layers: readonly LayerIndex[];
  /** See `parsePattern`. */
  readonly pattern: string;
  /** Also what higher layers hide. */
  readonly allLayers?: boolean | undefined;
  /** Stop after so many matches. */
  readonly limit?: number | undefined;
}

export interface FindMatch {
  readonly path: LayerPath;
  readonly entry: RootfsEntry;
  /** False when a higher layer hides this version. */
  readonly isVisible: boolean;
}

/**
 * Paths that match, as they are found: the union's in the order of a walk; with `allLayers` every version that a layer
 * lists, the highest layer's first. Gives way to other work on the thread between slices of a few milliseconds.
 *
 * @throws EngineError `cancelled`.
 */
export async function* findFiles(request: FindRequest, signal?: AbortSignal): AsyncGenerator<FindMatch> {
  const view = createUnionView(request.layers);
  const matches = parsePattern(request.pattern);
  const candidates = request.allLayers === true ? everyVersion(view, matches) : visible(view, matches);
  let left = request.limit ?? Infinity;
  const pacer = new Pacer(signal, request.pattern, undefined, hostSliceMs);
  throwIfAborted(signal, request.pattern);
  for (const match of left > 0 ? candidates : []) {
    if (match !== undefined) yield match;
    if (match !== undefined && --left <= 0) return;
    const breath = pacer.breathe();
    if (breath !== undefined) await breath;
  }
}

/** What matches, and undefined for what does not: a place to give way. */
type Candidates = Generator<FindMatch | undefined>;

function* visible(view: MergedView, matches: MatchPath): Candidates {
  for (const { entry, path } of view.walkMerged())
    yield matches(path) ? { path, entry: view.toEntry(entry, path), isVisible: true } : undefined;
}

function* everyVersion(view: MergedView, matches: MatchPath): Candidates {
  for (let layer = view.layers.length - 1; layer >= 0; layer--) {
    const index = view.layers[layer];
    if (index !== undefined) yield* versionsOf(view, index, layer, matches);
  }
}

/** What one layer lists, depth first, beside what the union has at the same path. */
function* versionsOf(view: MergedView, index: LayerIndex, layer: number, matches: MatchPath): Candidates {
  const open = [childrenOf(index, 0, rootPath, view.root)];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    if (level.next >= level.end) {
      open.pop();
      continue;
    }
    const node = level.next++;
    const name = index.name(node);
    const merged = level.merged?.kind === 'directory' ? view.merger.child(level.merged, name) : undefined;
    const own = { node, path: joinPath(level.path, name), merged };
    const isListed = index.hasEntry(node) && !index.isImplied(node);
    yield isListed && matches(own.path) ? versionAt(view, index, layer, own) : undefined;
    if (index.childCount(node) > 0) open.push(childrenOf(index, node, own.path, merged));
  }
}

/** The children of a node that are still to be looked at. */
interface Level {
  next: NodeId;
  readonly end: NodeId;
  readonly path: LayerPath;
  readonly merged: MergedEntry | undefined;
}

function childrenOf(
  index: LayerIndex,
  node: NodeId,
  path: LayerPath,
  merged: MergedEntry | undefined,
): Level {
  const next = index.firstChild(node);
  return { next, end: next + index.childCount(node), path, merged };
}

interface OwnNode {
  readonly node: NodeId;
  readonly path: LayerPath;
  /** What the union has there. */
  readonly merged: MergedEntry | undefined;
}

function versionAt(
  view: MergedView,
  index: LayerIndex,
  layer: number,
  { node, path, merged }: OwnNode,
): FindMatch {
  const place = { layer, node };
  const parts = merged === undefined ? [] : merged.kind === 'leaf' ? [merged.place] : merged.parts;
  const isVisible = parts.some((part) => part.layer === layer && part.node === node);
  if (isVisible && merged !== undefined) return { path, entry: view.toEntry(merged, path), isVisible };
  const name = index.name(node);
  const hidden: MergedEntry =
    index.type(node) === 'dir'
      ? { kind: 'directory', name, parts: [place], listed: place }
      : { kind: 'leaf', name, place, content: place };
  return { path, entry: toRootfsEntry(view.layers, hidden, path), isVisible };
}
