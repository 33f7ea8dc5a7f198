import {
  type ByteName,
  type ContainerFile,
  type ContainerFiles,
  isEngineError,
  joinPath,
  type LayerPath,
} from '../../engine/index.ts';

/** What a link leads to; undefined when it dangles or leads in a circle. */
export async function targetOf(files: ContainerFiles, path: LayerPath): Promise<ContainerFile | undefined> {
  try {
    return await files.resolve(path);
  } catch (error) {
    if (isEngineError(error, 'symlink-loop')) return undefined;
    throw error;
  }
}

/** The same for all links of a folder, by name. Where many lead to one file, as those to BusyBox, it is asked for once. */
export async function targetsIn(
  files: ContainerFiles,
  folder: LayerPath,
  list: readonly ContainerFile[],
): Promise<ReadonlyMap<ByteName, ContainerFile | undefined>> {
  const asked = new Map<ByteName, Promise<ContainerFile | undefined>>();
  const links = list.filter(({ type }) => type === 'symlink');
  const found = links.map(async ({ name, linkTarget = name }) => {
    const target = asked.get(linkTarget) ?? targetOf(files, joinPath(folder, name));
    asked.set(linkTarget, target);
    return [name, await target] as const;
  });
  return new Map(await Promise.all(found));
}
