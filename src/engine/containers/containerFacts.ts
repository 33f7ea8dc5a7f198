import { type LayerPath, parentPath, rootPath } from '../base/layerPath.ts';
import { forEachAtOnce } from '../base/forEachAtOnce.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ArchiveEndpoint, TakeFile } from './containerArchive.ts';
import type { ContainerFile } from './containerFiles.ts';
import type { ContainerPrograms } from './containerPrograms.ts';
import type { PodmanFacts } from './podmanFacts.ts';

/** Tells what is at paths of a container, in the way that costs least: real paths, whose links are not followed. */
export class ContainerFacts {
  readonly #archive: ArchiveEndpoint;
  readonly #programs: ContainerPrograms;
  readonly #inPodman: () => Promise<PodmanFacts | undefined>;

  /** @param inPodman what tells of files there, where archives have no owners; undefined of other engines. */
  constructor(
    archive: ArchiveEndpoint,
    programs: ContainerPrograms,
    inPodman: () => Promise<PodmanFacts | undefined>,
  ) {
    this.#archive = archive;
    this.#programs = programs;
    this.#inPodman = inPodman;
  }

  /** One path, by the archive endpoint but for what that cannot tell. */
  async of(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    const inPodman = await this.#inPodman();
    if (inPodman !== undefined) return (await inPodman.ofAll([path], options)).get(path);
    const archived = await this.#archive.lookup(path, options);
    if (archived !== 'unsaid') return archived?.file;
    const [told] = (await this.#programs.lookupIfRunning([path], options)) ?? [];
    return told ?? this.#archive.lookupInFolder(path, longSearch, options);
  }

  /**
   * Of many paths, those where something is.
   *
   * @param made folders among them that hold little but what is asked for.
   */
  async ofAll(
    paths: readonly LayerPath[],
    options: CallOptions = {},
    made: ReadonlySet<LayerPath> = new Set(),
  ): Promise<ReadonlyMap<LayerPath, ContainerFile>> {
    const inPodman = await this.#inPodman();
    if (inPodman !== undefined) return inPodman.ofAll(paths, options);
    const found = new Map<LayerPath, ContainerFile>();
    const add = (file: ContainerFile): void => void found.set(file.path, file);
    if (paths.length >= fewest) (await this.#programs.lookupIfRunning(paths, options))?.forEach(add);
    const left = new Set(paths.filter((path) => !isWhole(found.get(path))));
    for (const [folder, count] of foldersOf(left, made))
      if (count >= fewest && folder !== rootPath)
        await this.#byFolder(folder, count * bytesEach, left, add, options);
    await forEachAtOnce([...left], atOnce, options.signal, async (path, signal) => {
      const file = await this.of(path, { ...options, signal });
      if (file !== undefined) add(file);
    });
    return found;
  }

  /** Takes what it meets of the paths that are left. */
  async #byFolder(
    folder: LayerPath,
    limit: number,
    left: Set<LayerPath>,
    add: (file: ContainerFile) => void,
    options: CallOptions,
  ): Promise<void> {
    const take: TakeFile = (file) => {
      if (left.delete(file.path)) add(file);
      return undefined;
    };
    await this.#archive.walk(folder, limit, take, options);
  }
}

/** From so many on, asking for all of them at once is quicker than for each. */
const fewest = 6;
/** Bytes of a folder's tar that take an engine as long as one path by itself. */
const bytesEach = 2 * 2 ** 20;
const atOnce = 4;

/** Bytes of a folder's tar that are looked through for one name. */
const longSearch = 64 * 2 ** 20;

/** `find` does not tell the numbers of devices. */
function isWhole(file: ContainerFile | undefined): boolean {
  return file !== undefined && ((file.type !== 'char' && file.type !== 'block') || file.device !== undefined);
}

/** The folders that hold the paths, made ones with all that is below them, and how many. */
function foldersOf(
  paths: ReadonlySet<LayerPath>,
  made: ReadonlySet<LayerPath>,
): ReadonlyMap<LayerPath, number> {
  const folders = new Map<LayerPath, number>();
  for (const path of paths) {
    let folder = parentPath(path);
    while (made.has(parentPath(folder)) && folder !== rootPath) folder = parentPath(folder);
    folders.set(folder, (folders.get(folder) ?? 0) + 1);
  }
  return folders;
}
