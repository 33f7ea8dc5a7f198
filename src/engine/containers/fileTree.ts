import type { ByteRange } from '../base/byteRange.ts';
import type { LayerPath } from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import { compareViews, type ViewChange } from '../compare/compareViews.ts';
import { LayerChanges } from '../compare/layerChanges.ts';
import type { LayerChange, RootfsEntry, UnionView } from '../rootfs/rootfs.ts';
import { createUnionView } from '../rootfs/unionView.ts';
import { exportTree, type ExportRequest } from '../transfer/exportTree.ts';
import { haveSameBytes } from './haveSameBytes.ts';

/** A file system as a stack of layers adds up to it: of an image, or of a container with its writable layer on top. */
export interface FileTree {
  readonly view: UnionView;
  /** The bytes of one of its files, or of a range of them. */
  readonly read: (file: RootfsEntry, range: ByteRange, options?: CallOptions) => AsyncIterable<Uint8Array>;
}

/** As `Engine.compare` has it, of containers too. Where no hashes are known, files are compared byte by byte. */
export function compareTrees(
  before: FileTree,
  after: FileTree,
  options?: CallOptions,
): AsyncGenerator<ViewChange> {
  const [was, is] = [createUnionView(before.view.layers), createUnionView(after.view.layers)];
  return compareViews(was, is, (one, other) =>
    haveSameBytes(whole(before, one, options), whole(after, other, options)),
  );
}

/** What the uppermost layer changes directly inside a directory, removed names included, sorted by bytes. */
export function topChanges({ view }: FileTree, directory: LayerPath): readonly LayerChange[] {
  return new LayerChanges(createUnionView(view.layers)).in(directory);
}

/** Every change of the uppermost layer, depth first. @throws EngineError `cancelled`. */
export function allTopChanges({ view }: FileTree, options?: CallOptions): Promise<readonly LayerChange[]> {
  return new LayerChanges(createUnionView(view.layers)).collect(options?.signal);
}

/** Writes a part of it below a folder the user chose, see {@link exportTree}. Returns what was left out, and why. */
export function saveTree(
  tree: FileTree,
  request: Omit<ExportRequest, 'view' | 'read'>,
  options?: CallOptions,
): Promise<readonly Problem[]> {
  const read: ExportRequest['read'] = (file, call) => whole(tree, file, call);
  return exportTree({ ...request, view: tree.view, read }, options);
}

function whole(tree: FileTree, file: RootfsEntry, options?: CallOptions): AsyncIterable<Uint8Array> {
  return tree.read(file, { start: 0, end: file.size }, options);
}
