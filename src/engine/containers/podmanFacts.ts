import { hexIfNotUtf8, type LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFile } from './containerFiles.ts';
import type { ContainerPrograms } from './containerPrograms.ts';
import { untouchedAt } from './untouchedFile.ts';
import type { TouchedNames } from './touchedNames.ts';

/** Bytes of a folder's tar that are looked through for a name that is most likely not there. */
const shortSearch = 4 * 2 ** 20;

export interface PodmanFactsParts {
  readonly archive: ArchiveEndpoint;
  readonly programs: ContainerPrograms;
  readonly touched: TouchedNames;
  /** The image, when nothing has to be fetched for it. */
  readonly base: (options?: CallOptions) => Promise<ContainerBase | undefined>;
}

/**
 * Tells what is at paths of a Podman container. Its archive endpoint follows links, is silent about those that lead
 * nowhere, and makes every owner root. So a running container's programs are asked; of others the image, where nothing
 * was touched, and else the export of the whole container, up to the last of the paths.
 */
export class PodmanFacts {
  readonly #parts: PodmanFactsParts;

  constructor(parts: PodmanFactsParts) {
    this.#parts = parts;
  }

  async ofAll(
    paths: readonly LayerPath[],
    options: CallOptions = {},
  ): Promise<ReadonlyMap<LayerPath, ContainerFile>> {
    const { archive, programs } = this.#parts;
    const found = new Map<LayerPath, ContainerFile>();
    const told = await programs.lookupIfRunning(paths, options);
    for (const file of told ?? []) found.set(file.path, file);
    const left = told === undefined ? paths : paths.filter((path) => hexIfNotUtf8(path) !== undefined);
    const wanted = await this.#touchedOf(left, found, options);
    if (wanted.size > 0)
      await archive.walkExport((file) => {
        if (wanted.delete(file.path)) found.set(file.path, file);
        return wanted.size === 0 ? 'stop' : undefined;
      }, options);
    // What lies over the container's own files is in no export.
    for (const path of wanted) await this.#addMounted(path, found, options);
    return found;
  }

  /** Adds what the image tells, and gives the rest. */
  async #touchedOf(
    paths: readonly LayerPath[],
    found: Map<LayerPath, ContainerFile>,
    options: CallOptions,
  ): Promise<Set<LayerPath>> {
    const { touched, base } = this.#parts;
    const image = paths.length === 0 ? undefined : await base(options);
    const wanted = new Set<LayerPath>();
    for (const path of paths) {
      const file = image ? await untouchedAt(image.view, touched, path) : 'touched';
      if (file === 'touched') {
        // Most questions are about what is not there, and a whole export is much for a no.
        if (image !== undefined || (await this.#isThere(path, options))) wanted.add(path);
      } else if (file === 'absent') await this.#addMounted(path, found, options);
      else found.set(path, file);
    }
    return wanted;
  }

  /** Of a link that leads nowhere, its folder's archive tells alone. */
  async #isThere(path: LayerPath, options: CallOptions): Promise<boolean> {
    const { archive } = this.#parts;
    if ((await archive.stat(path, options)) !== undefined) return true;
    return (await archive.lookupInFolder(path, shortSearch, options)) !== undefined;
  }

  async #addMounted(
    path: LayerPath,
    found: Map<LayerPath, ContainerFile>,
    options: CallOptions,
  ): Promise<void> {
    // HEAD is quick, and GET starts a process.
    if ((await this.#parts.archive.stat(path, options)) === undefined) return;
    const archived = await this.#parts.archive.lookup(path, options);
    if (archived !== undefined && archived !== 'unsaid') found.set(path, archived.file);
  }
}
