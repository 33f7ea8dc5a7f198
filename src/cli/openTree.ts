import { createHash } from 'node:crypto';
import {
  allTopChanges,
  type CallOptions,
  type Engine,
  type FileTree,
  type FindMatch,
  type Image,
  type LayerChange,
  type LayerPath,
  type Problem,
  type RootfsEntry,
  type StoreContainerFiles,
  topChanges,
  type Touch,
  type UnionView,
} from '../engine/index.ts';

/** The files of an image, or of a container with its writable layer on top, as commands ask for them. */
export interface OpenedTree {
  /** Of a container the one it was made of. */
  readonly image: Image;
  /** Whose writable layer is the uppermost one. */
  readonly container: StoreContainerFiles | undefined;
  /** The writable layer included. */
  readonly layerCount: number;
  /** The union of the layers 0 to `upTo`, of all when it is left out. Waits for their indexes. */
  union(upTo?: number): Promise<UnionView>;
  /** A file's bytes. */
  read(file: RootfsEntry): AsyncIterable<Uint8Array>;
  readonly hash: (file: RootfsEntry) => Promise<string>;
  changes(layer: number, directory: LayerPath): Promise<readonly LayerChange[]>;
  allChanges(layer: number): Promise<readonly LayerChange[]>;
  /** What is wrong with one layer. */
  problemsOf(layer: number): Promise<readonly Problem[]>;
  blame(path: LayerPath): Promise<readonly Touch[]>;
  find(pattern: string, allLayers: boolean): AsyncIterable<FindMatch>;
}

/** Reads nothing yet. */
export function openImageTree(engine: Engine, image: Image, options: CallOptions): OpenedTree {
  return {
    image,
    container: undefined,
    layerCount: image.layers.length,
    union: (upTo) => engine.rootfs(image, upTo, options),
    read: (file) => engine.read(image, file, undefined, options),
    hash: (file) => engine.hashFile(image, file, options),
    changes: (layer, directory) => engine.changes(image, layer, directory, options),
    allChanges: (layer) => engine.allChanges(image, layer, options),
    problemsOf: async (layer) => (await engine.layerIndex(image, layer, options)).problems,
    blame: (path) => engine.blame(image, path, options),
    find: (pattern, allLayers) => engine.find(image, pattern, { ...options, allLayers }),
  };
}

/** The container as it is now. */
export async function openContainerTree(
  engine: Engine,
  files: StoreContainerFiles,
  options: CallOptions,
): Promise<OpenedTree> {
  const [tree, lower] = [await files.tree(), openImageTree(engine, files.image, options)];
  const top = lower.layerCount;
  const read: OpenedTree['read'] = (file) => tree.read(file, { start: 0, end: file.size }, options);
  return {
    ...lower,
    container: files,
    layerCount: top + 1,
    union: async (upTo = top) => (upTo === top ? tree.view : lower.union(upTo)),
    read,
    hash: (file) => hashOf(read(file)),
    changes: async (layer, directory) =>
      layer === top ? topChanges(tree, directory) : lower.changes(layer, directory),
    allChanges: (layer) => (layer === top ? allTopChanges(tree, options) : lower.allChanges(layer)),
    problemsOf: async (layer) => (layer === top ? [] : lower.problemsOf(layer)),
    blame: (path) => files.blame(path, options),
    find: (pattern, allLayers) => files.find(pattern, { ...options, allLayers }),
  };
}

/** As the engine's `compare` and the like take it. */
export async function toFileTree(tree: OpenedTree): Promise<FileTree> {
  return { view: await tree.union(), read: (file) => tree.read(file) };
}

async function hashOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of content) hash.update(bytes);
  return hash.digest('hex');
}
