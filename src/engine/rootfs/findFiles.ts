import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../base/abort.ts';
import { joinPath, type LayerPath, rootPath } from '../base/layerPath.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import { parsePattern } from './matchPath.ts';
import type { RootfsEntry } from './rootfs.ts';
import { createUnionView } from './unionView.ts';
import { toRootfsEntry } from './toRootfsEntry.ts';

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

/** Paths that match, as they are found; gives way to other work on the thread between slices of a few milliseconds. */
export async function* findFiles(request: FindRequest, signal?: AbortSignal): AsyncGenerator<FindMatch> {
  const matches = parsePattern(request.pattern);
  const candidates = request.allLayers === true ? everyVersion(request.layers) : visible(request.layers);
  let left = request.limit ?? Infinity;
  let dueMs = performance.now() + sliceMs;
  for (const candidate of candidates) {
    if (left <= 0) return;
    if (matches(candidate.path)) {
      left--;
      yield candidate;
    }
    if (performance.now() < dueMs) continue;
    await setImmediate();
    throwIfAborted(signal, request.pattern);
    dueMs = performance.now() + sliceMs;
  }
}

const sliceMs = 8;

function* visible(layers: readonly LayerIndex[]): Generator<FindMatch> {
  for (const entry of createUnionView(layers).walk()) yield { path: entry.path, entry, isVisible: true };
}

/** Every version of every path, highest layer first. */
function* everyVersion(layers: readonly LayerIndex[]): Generator<FindMatch> {
  const view = createUnionView(layers);
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const index = layers[layer];
    if (index === undefined) continue;
    for (const [node, path] of ownNodes(index)) {
      const now = view.at(path);
      const places = now === undefined ? [] : now.kind === 'leaf' ? [now.place] : now.parts;
      const isVisible = places.some((place) => place.layer === layer && place.node === node);
      const own = {
        kind: 'leaf',
        name: index.name(node),
        place: { layer, node },
        content: { layer, node },
      } as const;
      yield {
        path,
        entry: isVisible && now ? view.toEntry(now, path) : toRootfsEntry(layers, own, path),
        isVisible,
      };
    }
  }
}

/** The nodes a layer lists, with their paths, depth first. */
function* ownNodes(index: LayerIndex): Generator<readonly [number, LayerPath]> {
  const open: [node: number, path: LayerPath][] = [[0, rootPath]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, path] = next;
    if (node > 0 && index.hasEntry(node) && !index.isImplied(node)) yield [node, path];
    const first = index.firstChild(node);
    for (let child = first + index.childCount(node) - 1; child >= first; child--)
      open.push([child, joinPath(path, index.name(child))]);
  }
}
