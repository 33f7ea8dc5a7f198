import { baseName, type ByteName, joinPath, type LayerPath, parentPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { comparePaths } from '../rootfs/comparePaths.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import type { ArchiveEndpoint, TakeFile } from './containerArchive.ts';
import { asTold, isLossy, type ToldChange } from './touchedNames.ts';

export interface NamedChangesParts {
  readonly archive: ArchiveEndpoint;
  readonly base: ContainerBase | undefined;
}

/**
 * Changes sorted by bytes, their names as they are: the engine's answer has U+FFFD for bytes that are no UTF-8, and the
 * image's folder, or the tar of the container's, has the names that can be meant. Where several can, it stays as told.
 */
export async function namedChanges(
  told: readonly ToldChange[],
  parts: NamedChangesParts,
  options?: CallOptions,
): Promise<readonly ToldChange[]> {
  const named = told.some(({ path }) => isLossy(path)) ? await withNames(told, parts, options) : [...told];
  return named.sort((one, other) => comparePaths(one.path, other.path));
}

async function withNames(
  told: readonly ToldChange[],
  parts: NamedChangesParts,
  options: CallOptions | undefined,
): Promise<ToldChange[]> {
  const realFolders = new Map<LayerPath, LayerPath>();
  const meant = new Map<string, readonly ByteName[]>();
  const named: ToldChange[] = [];
  for (const { path, kind } of [...told].sort((one, other) => one.path.length - other.path.length)) {
    const folder = realFolders.get(parentPath(path)) ?? parentPath(path);
    let name = baseName(path);
    if (isLossy(name)) {
      const key = `${kind} ${path}`;
      const count = told.filter((each) => each.path === path && each.kind === kind).length;
      const [next = name, ...rest] =
        meant.get(key) ?? (await meantBy(parts, folder, kind, name, count, options));
      meant.set(key, rest);
      name = next;
    }
    const real = joinPath(folder, name);
    if (!realFolders.has(path)) realFolders.set(path, real);
    named.push({ path: real, kind });
  }
  return named;
}

/** The names of a folder that are told so; none unless there are as many as were told. */
async function meantBy(
  { archive, base }: NamedChangesParts,
  folder: LayerPath,
  kind: ToldChange['kind'],
  told: ByteName,
  count: number,
  options: CallOptions | undefined,
): Promise<readonly ByteName[]> {
  const there: ByteName[] = [];
  const take: TakeFile = (file) => {
    if (parentPath(file.path) === folder && file.path !== folder) there.push(file.name);
    return undefined;
  };
  if (kind === 'added') await archive.walk(folder, largestFolder, take, options);
  else if (base?.view.at(folder)?.kind === 'directory')
    base.view.list(folder).forEach(({ name }) => there.push(name));
  const names = there.filter((name) => asTold(name) === told && name !== told);
  return names.length === count ? names : [];
}

/** Bytes of a folder's tar that are read for its names. */
const largestFolder = 64 * 2 ** 20;
