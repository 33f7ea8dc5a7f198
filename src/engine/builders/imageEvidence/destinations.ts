import { joinPath, type LayerPath, parseLayerPath, rootPath, splitPath } from '../../base/layerPath.ts';
import type { UnionView } from '../../rootfs/rootfs.ts';

/** Where a destination leads to, as BuildKit finds it: links on the way followed, what is not there yet taken as written. */
export function destinationIn(below: UnionView | undefined, written: string): LayerPath {
  let at = rootPath;
  for (const name of splitPath(parseLayerPath(written))) {
    const next = joinPath(at, name);
    at = below?.resolve(next)?.path ?? next;
  }
  return at;
}

export function isDirectoryIn(below: UnionView | undefined, path: LayerPath): boolean {
  return path === rootPath || below?.resolve(path)?.type === 'dir';
}
