import { isEngineError } from '../base/errors.ts';
import { type LayerPath, parentPath, rootPath } from '../base/layerPath.ts';
import { forEachAtOnce } from '../base/forEachAtOnce.ts';
import type { CallOptions } from '../base/progress.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import type { ArchiveEndpoint, TakeFile } from './containerArchive.ts';
import type { ContainerFile } from './containerFiles.ts';
import type { ContainerPrograms } from './containerPrograms.ts';

/** Tells what is at paths of a container, in the way that costs least: real paths, whose links are not followed. */
export class ContainerFacts {
  readonly #client: EngineClient;
  readonly #archive: ArchiveEndpoint;
  readonly #programs: ContainerPrograms;

  constructor(client: EngineClient, archive: ArchiveEndpoint, programs: ContainerPrograms) {
    this.#client = client;
    this.#archive = archive;
    this.#programs = programs;
  }

  /** One path, by the archive endpoint but for what that cannot tell. */
  async of(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    const archived = await this.#archive.lookup(path, options);
    if (archived !== 'unsaid' && archived?.isFollowedLink === false) return archived.file;
    // Podman says of a link that leads nowhere that there is nothing.
    if (archived === undefined && !(await this.#isPodman())) return undefined;
    const [told] = await this.#byPrograms([path], options);
    const limit = archived === undefined ? shortSearch : longSearch;
    const found = told ?? (await this.#archive.lookupInFolder(path, limit, options));
    return found ?? (archived === 'unsaid' ? undefined : archived?.file);
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
    const found = new Map<LayerPath, ContainerFile>();
    const add = (file: ContainerFile): void => void found.set(file.path, file);
    if (paths.length >= fewest) (await this.#byPrograms(paths, options)).forEach(add);
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

  /** Nothing when the container does not run. */
  async #byPrograms(paths: readonly LayerPath[], options?: CallOptions): Promise<readonly ContainerFile[]> {
    try {
      return await this.#programs.lookup(paths, options);
    } catch (error) {
      if (isEngineError(error, 'unsupported')) return [];
      throw error;
    }
  }

  async #isPodman(): Promise<boolean> {
    return (await this.#client.capabilities()).kind === 'podman';
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

/** Bytes of a folder's tar that are looked through for what may not be there, and for what is. */
const shortSearch = 4 * 2 ** 20;
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
