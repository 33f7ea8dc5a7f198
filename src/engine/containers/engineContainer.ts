import type { ByteRange } from '../base/byteRange.ts';
import { EngineError } from '../base/errors.ts';
import type { Disposable } from '../base/event.ts';
import { type LayerPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { throwIfAborted } from '../base/abort.ts';
import type { EngineContainerDetails } from '../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import type { EngineEvents } from '../sources/dockerEngine/engineEvents.ts';
import type { ContainerBase } from '../snapshots/container.ts';
import type { ContainerConfig } from '../snapshots/containerConfig.ts';
import type { Image } from '../sources/image.ts';
import { ArchiveEndpoint } from './containerArchive.ts';
import { type ContainerStore, copyIntoStore } from './copyIntoStore.ts';
import { ContainerFacts } from './containerFacts.ts';
import type { ContainerFile, ContainerFileChange, CopiedUp } from './containerFiles.ts';
import { ContainerFolders } from './containerFolders.ts';
import { ContainerMounts } from './containerMounts.ts';
import { ContainerNews } from './containerNews.ts';
import { ContainerPrograms } from './containerPrograms.ts';
import { ContainerWrites } from './containerWrites.ts';
import { engineChanges } from './engineChanges.ts';
import type { EngineContainerFiles, RevertFailure } from './engineContainerFiles.ts';
import { inOurTerms } from './engineAnswers.ts';
import { type FarImageAccess, ImageOfContainer, type ImagesById } from './imageOfContainer.ts';
import { revertPaths } from './revertPaths.ts';
import { PodmanFacts } from './podmanFacts.ts';
import { TouchedNames } from './touchedNames.ts';

export interface EngineContainerParts {
  readonly client: EngineClient;
  readonly events: EngineEvents;
  /** The engine's images as they are now. */
  readonly source: (options?: CallOptions) => Promise<ImagesById>;
  readonly images: FarImageAccess;
  /** Lamina's own. */
  readonly store: () => ContainerStore;
  /** Where bytes lie while their number is not known yet. */
  readonly spoolDirectory: string;
}

/** The files of one container of an engine. */
export class EngineContainer implements EngineContainerFiles {
  readonly id: string;
  readonly #client: EngineClient;
  readonly #store: EngineContainerParts['store'];
  readonly #archive: ArchiveEndpoint;
  readonly #image: ImageOfContainer;
  readonly #touched: TouchedNames;
  readonly #facts: ContainerFacts;
  readonly #folders: ContainerFolders;
  readonly #writes: ContainerWrites;
  readonly #news: ContainerNews;
  readonly onDidChange: EngineContainerFiles['onDidChange'];

  constructor(id: string, { client, events, source, images, store, spoolDirectory }: EngineContainerParts) {
    this.id = id;
    this.#client = client;
    this.#store = store;
    this.#archive = new ArchiveEndpoint(client, id);
    this.#image = new ImageOfContainer(source, images);
    this.#touched = new TouchedNames(client, id);
    this.#news = new ContainerNews(id, client, events, () => {
      this.#touched.forget();
      programs.forget();
    });
    const programs = new ContainerPrograms(client, id, (execId) => {
      this.#news.ownExec(execId);
    });
    const [archive, image, touched, news] = [this.#archive, this.#image, this.#touched, this.#news];
    const base = async (options?: CallOptions): Promise<ContainerBase | undefined> =>
      image.baseAtHand(await this.#inspect(options), options);
    const inPodman = new PodmanFacts({ archive, programs, touched, base });
    const facts = new ContainerFacts(archive, programs, async () =>
      (await client.capabilities()).kind === 'podman' ? inPodman : undefined,
    );
    this.#facts = facts;
    this.#folders = new ContainerFolders({ archive, programs, facts, image, touched });
    this.#writes = new ContainerWrites({ archive, programs, facts, image, news, spoolDirectory });
    this.onDidChange = this.#news.onDidChange;
  }

  async image(options?: CallOptions): Promise<Image | undefined> {
    return (await this.#image.find(await this.#inspect(options), options))?.image;
  }

  async lookup(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    throwIfAborted(options?.signal, toText(path));
    return this.#facts.of(path, options);
  }

  async resolve(path: LayerPath, options?: CallOptions): Promise<ContainerFile | undefined> {
    const real = await this.#archive.realPath(path, 'follow', options);
    return real && this.#facts.of(real, options);
  }

  async list(directory: LayerPath, options?: CallOptions): Promise<readonly ContainerFile[]> {
    throwIfAborted(options?.signal, toText(directory));
    const details = await this.#inspect(options);
    return this.#folders.list(directory, details, new ContainerMounts(details), options);
  }

  read(path: LayerPath, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    return this.#archive.read(path, range, options);
  }

  async readFile(path: LayerPath, limit: number, options?: CallOptions): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of this.read(path, undefined, options)) {
      length += bytes.length;
      if (length > limit) throw new EngineError('too-large', toText(path), `it has more than ${limit} bytes`);
      pieces.push(bytes);
    }
    return Buffer.concat(pieces, length);
  }

  async writeFile(
    path: LayerPath,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<CopiedUp | undefined> {
    throwIfAborted(options?.signal, toText(path));
    return this.#writes.writeFile(path, content, await this.#inspect(options), options);
  }

  async mkdir(path: LayerPath, options?: CallOptions): Promise<void> {
    throwIfAborted(options?.signal, toText(path));
    await this.#writes.mkdir(path, options);
  }

  async remove(path: LayerPath, options?: CallOptions): Promise<void> {
    throwIfAborted(options?.signal, toText(path));
    await this.#writes.remove(path, options);
  }

  async rename(
    path: LayerPath,
    to: LayerPath,
    options?: CallOptions & { readonly replaces?: boolean },
  ): Promise<void> {
    throwIfAborted(options?.signal, toText(path));
    await this.#writes.rename(path, to, options);
  }

  async setMode(path: LayerPath, mode: number, options?: CallOptions): Promise<void> {
    throwIfAborted(options?.signal, toText(path));
    await this.#writes.setMode(path, mode, options);
  }

  async setOwner(path: LayerPath, uid: number, gid: number, options?: CallOptions): Promise<void> {
    throwIfAborted(options?.signal, toText(path));
    await this.#writes.setOwner(path, uid, gid, options);
  }

  async changes(options?: CallOptions): Promise<readonly ContainerFileChange[]> {
    throwIfAborted(options?.signal, this.id);
    const details = await this.#inspect(options);
    const [archive, facts, touched] = [this.#archive, this.#facts, this.#touched];
    const base = await this.#image.base(details, options);
    const listsTouched = (await this.#client.capabilities()).kind === 'podman';
    return engineChanges({ archive, facts, touched, base, listsTouched }, options);
  }

  async revert(paths: readonly LayerPath[], options?: CallOptions): Promise<readonly RevertFailure[]> {
    throwIfAborted(options?.signal, this.id);
    const base = await this.#image.base(await this.#inspect(options), options);
    if (base === undefined)
      throw new EngineError('not-found', this.id, 'the engine has not all of its image any more');
    const changes = await this.changes(options);
    const [archive, news] = [this.#archive, this.#news];
    const remove = (path: LayerPath): Promise<void> => this.#writes.remove(path, options);
    return revertPaths({ archive, base, news, remove }, changes, paths, options);
  }

  async copyIntoStore(
    { name }: { readonly name?: string } = {},
    options?: CallOptions,
  ): Promise<ContainerConfig> {
    const details = await this.#inspect(options);
    const image = await this.#image.find(details, options);
    const changes = image === undefined ? [] : await this.changes(options);
    const mounts = new ContainerMounts(details);
    const [archive, store] = [this.#archive, this.#store()];
    return copyIntoStore({ store, image, changes, archive, mounts, name }, options);
  }

  watch(): Disposable {
    return this.#news.watch();
  }

  async #inspect({ signal }: CallOptions = {}): Promise<EngineContainerDetails> {
    try {
      return await this.#client.inspectContainer(this.id, signal && { signal });
    } catch (error) {
      throw inOurTerms(error, this.id as LayerPath);
    }
  }
}
