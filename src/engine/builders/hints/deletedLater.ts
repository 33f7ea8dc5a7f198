import type { LayerChange } from '../../rootfs/rootfs.ts';
import type { DeletedLater, ReadLayer } from './layerHint.ts';

/** Less is not worth a word. */
const leastBytes = 100_000;
const mostPaths = 10;

/** Files that one step adds and a later one deletes. What the base image brought is not the Dockerfile's to keep out. */
export function deletedLater(layers: readonly ReadLayer[]): readonly DeletedLater[] {
  const makers = new Map(layers.map(({ position, instruction }) => [position, instruction]));
  return layers.flatMap(({ instruction, changes }) =>
    [...byMaker(changes.filter(isDeletedFile))].flatMap(([position, files]) => {
      const madeBy = makers.get(position);
      const bytes = files.reduce((sum, { before }) => sum + (before?.size ?? 0), 0);
      if (madeBy === undefined || madeBy === instruction || bytes < leastBytes) return [];
      const paths = bySize(files).slice(0, mostPaths);
      return [{ kind: 'deleted-later', instruction, madeBy, bytes, files: files.length, paths }];
    }),
  );
}

/** By the layer whose tar has the bytes. */
function byMaker(deleted: readonly LayerChange[]): ReadonlyMap<number, readonly LayerChange[]> {
  const found = new Map<number, LayerChange[]>();
  for (const change of deleted) {
    const position = change.before?.contentLayer ?? -1;
    const files = found.get(position) ?? [];
    files.push(change);
    found.set(position, files);
  }
  return found;
}

function isDeletedFile({ kind, before, isUncertain }: LayerChange): boolean {
  return kind === 'removed' && before?.type === 'file' && isUncertain !== true;
}

function bySize(files: readonly LayerChange[]): DeletedLater['paths'] {
  return files.toSorted((a, b) => (b.before?.size ?? 0) - (a.before?.size ?? 0)).map(({ path }) => path);
}
