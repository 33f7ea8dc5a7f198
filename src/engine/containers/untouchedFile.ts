import { baseName, type LayerPath, parentPath, rootPath } from '../base/layerPath.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { MergedView } from '../rootfs/unionView.ts';
import { attributesOf } from '../snapshots/inode.ts';
import type { ContainerFile } from './containerFiles.ts';
import { asTold, type TouchedNames } from './touchedNames.ts';

/** What is at a real path, when neither it nor a folder on the way was touched in a way that could matter. */
export async function untouchedAt(
  image: MergedView,
  touched: TouchedNames,
  path: LayerPath,
): Promise<ContainerFile | 'absent' | 'touched'> {
  for (let at = path; at !== rootPath; at = parentPath(at)) {
    const names = await touched.in(parentPath(at));
    if (names === undefined) return 'touched';
    const kind = names.get(asTold(baseName(at)));
    if (kind !== undefined && (at === path || kind !== 'modified'))
      return kind === 'deleted' ? 'absent' : 'touched';
  }
  const entry = image.at(path);
  return entry === undefined ? 'absent' : toFile(image.toEntry(entry, path));
}

/** Without what only the image's layers know. */
export function toFile(entry: RootfsEntry): ContainerFile {
  const { path, name, size } = entry;
  return { path, name, size, ...attributesOf(entry) };
}
