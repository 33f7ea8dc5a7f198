import { EngineError } from '../base/errors.ts';
import { type LayerPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { EngineContainerDetails } from '../sources/dockerEngine/engineApi.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFacts } from './containerFacts.ts';
import type { ContainerFile } from './containerFiles.ts';
import type { ContainerMounts } from './containerMounts.ts';
import type { ContainerPrograms } from './containerPrograms.ts';
import { nothingAt } from './engineAnswers.ts';
import { byName, listOverImage } from './filesOverImage.ts';
import type { ImageOfContainer } from './imageOfContainer.ts';
import type { TouchedNames } from './touchedNames.ts';

export interface ContainerFoldersParts {
  readonly archive: ArchiveEndpoint;
  readonly programs: ContainerPrograms;
  readonly facts: ContainerFacts;
  readonly image: ImageOfContainer;
  readonly touched: TouchedNames;
}

/**
 * Lists folders of an engine's container. No call of the API does that: the archive endpoint gives all that is below a
 * folder, which can be gigabytes. So the first of these ways that can tell is taken:
 *
 * 1. A running container's own `find`, which tells the present in a tenth of a second.
 * 2. The image's layers, where they are here, with the names that the engine says were touched (`listOverImage`).
 * 3. The folder's tar, when it is short.
 * 4. The image's layers, fetched.
 * 5. The folder's tar to its end.
 */
export class ContainerFolders {
  readonly #parts: ContainerFoldersParts;

  constructor(parts: ContainerFoldersParts) {
    this.#parts = parts;
  }

  async list(
    directory: LayerPath,
    details: EngineContainerDetails,
    mounts: ContainerMounts,
    options: CallOptions = {},
  ): Promise<readonly ContainerFile[]> {
    const real = await this.#folderAt(directory, options);
    const told = mounts.canRun ? await this.#byProgram(real, options) : undefined;
    if (told !== undefined) return told;
    const ground = mounts.groundOf(real);
    if (ground === 'memory') throw madeUp(real);
    const wholeTar = (): Promise<readonly ContainerFile[] | undefined> =>
      this.#byTar(real, largestTar, options);
    if (ground === 'mount') return (await wholeTar()) ?? tooMuch(real);
    return (
      (await this.#overImage(real, details, mounts, 'at-hand', options)) ??
      (await this.#byTar(real, shortTar, options)) ??
      (await this.#overImage(real, details, mounts, 'fetched', options)) ??
      (await wholeTar()) ??
      tooMuch(real)
    );
  }

  async #folderAt(directory: LayerPath, options: CallOptions): Promise<LayerPath> {
    const { archive, facts } = this.#parts;
    const real = await archive.realPath(directory, 'follow', options);
    const isFolder = real && (await archive.isFolder(real, options));
    if (real === undefined || isFolder === undefined) throw nothingAt(directory);
    if (isFolder) return real;
    const file = await facts.of(real, options);
    throw new EngineError('not-a-directory', toText(directory), `it is of type ${file?.type ?? 'unknown'}`);
  }

  async #byProgram(
    directory: LayerPath,
    options: CallOptions,
  ): Promise<readonly ContainerFile[] | undefined> {
    const found = await this.#parts.programs.list(directory, options);
    const [first, ...files] = found ?? [];
    return first?.type === 'dir' ? files.sort(byName) : undefined;
  }

  async #overImage(
    directory: LayerPath,
    details: EngineContainerDetails,
    mounts: ContainerMounts,
    how: 'at-hand' | 'fetched',
    options: CallOptions,
  ): Promise<readonly ContainerFile[] | undefined> {
    const { image, touched, facts } = this.#parts;
    const base =
      how === 'fetched' ? await image.base(details, options) : await image.baseAtHand(details, options);
    return base && listOverImage({ image: base.view, touched, mounts, facts }, directory, options);
  }

  /** Undefined when it is longer than that. */
  async #byTar(
    directory: LayerPath,
    limit: number,
    options: CallOptions,
  ): Promise<readonly ContainerFile[] | undefined> {
    const files: ContainerFile[] = [];
    const inside = directory === '/' ? '/' : `${directory}/`;
    const end = await this.#parts.archive.walk(
      directory,
      limit,
      (file) => {
        const isDirect = file.path.startsWith(inside) && !file.path.includes('/', inside.length);
        if (isDirect && file.path !== directory) files.push(file);
        return undefined;
      },
      options,
    );
    if (end === undefined) throw nothingAt(directory);
    return end === 'whole' ? files.sort(byName) : undefined;
  }
}

/** Bytes of a tar that an engine sends in some tenths of a second. */
const shortTar = 8 * 2 ** 20;
const largestTar = 2 ** 30;

function tooMuch(directory: LayerPath): never {
  const detail =
    'it holds more than 1 GiB, which the engine would send whole; start the container if it has the program “find”';
  throw new EngineError('unsupported', toText(directory), detail);
}

function madeUp(directory: LayerPath): EngineError {
  const detail =
    'the running container has it in memory or from the kernel, and no program “find” to list it; engines give no such files';
  return new EngineError('unsupported', toText(directory), detail);
}
