import { toText } from '../../base/layerPath.ts';
import type { LayerChange } from '../../rootfs/rootfs.ts';

/**
 * The file that a layer got from a path of the context: a directory keeps what is below it, so that the ends of both paths
 * are the same; a single file may have got another name.
 *
 * @param changes of the layer that COPY or ADD made.
 * @returns undefined when none or several could be it.
 */
export function copiedFile(changes: readonly LayerChange[], contextPath: string): LayerChange | undefined {
  const files = changes.filter(({ entry }) => entry?.type === 'file');
  if (files.length === 1) return files[0];
  const wanted = contextPath.split('/').filter(Boolean);
  const ends = files.map((change) => ({ change, length: sharedEnd(toText(change.path).split('/'), wanted) }));
  const longest = Math.max(0, ...ends.map(({ length }) => length));
  const best = ends.filter(({ length }) => length === longest && length > 0);
  return best.length === 1 ? best[0]?.change : shallowest(best.map(({ change }) => change));
}

/** How many names at the end of both are the same. */
function sharedEnd(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}

/** `/app/app.py` and not `/app/old/app.py` for `app.py`, unless two are as shallow. */
function shallowest(changes: readonly LayerChange[]): LayerChange | undefined {
  const depth = ({ path }: LayerChange): number => toText(path).split('/').length;
  const sorted = changes.toSorted((a, b) => depth(a) - depth(b));
  const [first, second] = sorted;
  if (first === undefined) return undefined;
  return second === undefined || depth(first) < depth(second) ? first : undefined;
}
