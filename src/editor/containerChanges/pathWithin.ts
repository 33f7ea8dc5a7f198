import { type LayerPath, rootPath } from '../../engine/index.ts';

/** Whether a path is a folder, or somewhere in it. */
export function isWithin(folder: LayerPath, path: LayerPath): boolean {
  return folder === rootPath || path === folder || path.startsWith(`${folder}/`);
}
