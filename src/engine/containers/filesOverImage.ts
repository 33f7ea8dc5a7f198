import { isEngineError } from '../base/errors.ts';
import { type ByteName, joinPath, type LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { comparePaths } from '../rootfs/comparePaths.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import type { MergedView } from '../rootfs/unionView.ts';
import type { ContainerFile } from './containerFiles.ts';
import { toFile } from './untouchedFile.ts';
import type { ContainerFacts } from './containerFacts.ts';
import type { ContainerMounts } from './containerMounts.ts';
import { asTold, isLossy, type ToldChange, type TouchedNames } from './touchedNames.ts';

export interface FilesOverImageParts {
  readonly image: MergedView;
  readonly touched: TouchedNames;
  readonly mounts: ContainerMounts;
  readonly facts: ContainerFacts;
}

/**
 * Lists a folder of a container from its image's layers and from what the engine says was touched: only the touched names
 * are asked for, so that it costs the same whatever the folder holds, in a container of any state and without programs.
 *
 * @param directory a real path, on the image's ground.
 * @returns undefined where the engine does not tell what was touched, or not by names that can be known.
 */
export async function listOverImage(
  { image, touched, mounts, facts }: FilesOverImageParts,
  directory: LayerPath,
  options?: CallOptions,
): Promise<readonly ContainerFile[] | undefined> {
  const own = new Map(childrenIn(image, directory).map((entry) => [entry.name, entry]));
  const told = await touched.in(directory);
  const names = told && matchNames(told, own);
  if (names === undefined) return undefined;
  const asked = new Set<ByteName>();
  for (const [name, kind] of names) {
    own.delete(name);
    if (kind !== 'deleted') asked.add(name);
  }
  for (const name of mounts.namesIn(directory))
    if (!own.has(name) || mounts.isCovered(directory, name)) asked.add(name);
  const paths = [...asked].map((name) => joinPath(directory, name));
  const now = await facts.ofAll(paths, options);
  const rest = [...own.values()].filter(({ name }) => !asked.has(name)).map(toFile);
  return [...rest, ...now.values()].sort(byName);
}

type Kind = ToldChange['kind'];

/** What is the container's folder only has none of the image. */
function childrenIn(image: MergedView, directory: LayerPath): readonly RootfsEntry[] {
  if (image.at(directory)?.kind !== 'directory') return [];
  try {
    return image.list(directory);
  } catch (error) {
    if (isEngineError(error, 'not-found')) return [];
    throw error;
  }
}

/** Gives names their bytes back, where the answer lost them. */
function matchNames(
  told: ReadonlyMap<ByteName, Kind>,
  own: ReadonlyMap<ByteName, RootfsEntry>,
): ReadonlyMap<ByteName, Kind> | undefined {
  const names = new Map<ByteName, Kind>();
  for (const [name, kind] of told) {
    const [only, second] = isLossy(name) ? [...own.keys()].filter((each) => asTold(each) === name) : [name];
    if (only === undefined || second !== undefined || (isLossy(name) && kind === 'added')) return undefined;
    names.set(only, kind);
  }
  return names;
}

export function byName(one: ContainerFile, other: ContainerFile): number {
  return comparePaths(one.path, other.path);
}
