import { randomBytes } from 'node:crypto';
import { EngineError, isEngineError } from '../base/errors.ts';
import { type Digest, type DiffId } from '../oci/digest.ts';
import { parseImageConfig } from '../oci/imageConfig.ts';
import { manifestLimit, parseManifest } from '../oci/manifest.ts';
import { configLimit, isContainerId } from '../store/containerImages.ts';
import { systemCodeOf, unlessAbsent } from '../store/disk.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { inEngineTerms } from '../store/inEngineTerms.ts';
import { replaceFile } from '../store/replaceFile.ts';
import { createFile, readWholeFile } from '../store/wholeFile.ts';
import {
  type CommittedImage,
  commitContainer,
  type CommitOptions,
  type CommitRequest,
} from './commitContainer.ts';
import { Container, type ContainerBase } from './container.ts';
import { type ContainerConfig, formatContainerConfig, parseContainerConfig } from './containerConfig.ts';
import { nameFor, parseContainerName } from './containerName.ts';
import { ContainerPlaces } from './containerPlaces.ts';
import { journalOf } from './journal.ts';

export interface CreateRequest {
  /** Of one variant of an image in the store. */
  readonly manifest: Digest;
  /** What the image is called, for people. */
  readonly imageName?: string;
  /** Made up when left out. */
  readonly name?: string;
}

export interface ContainerList {
  /** Oldest first. */
  readonly containers: readonly ContainerConfig[];
  /** Those that cannot be read, by ID. */
  readonly damaged: readonly { readonly id: string; readonly failure: EngineError }[];
}

/**
 * The containers of a store. A container is an image and a writable layer; making one reads two small documents of the
 * image and no layer, and copies nothing. Its image's blobs stay as long as it is there, whatever the image is called.
 * All calls may be made by several processes at once.
 */
export class Snapshotter {
  readonly #store: DiskStore;

  constructor(store: DiskStore) {
    this.#store = store;
  }

  /** @throws EngineError `not-found` for the image, `already-exists` and `invalid-reference` for the name. */
  create(request: CreateRequest): Promise<ContainerConfig> {
    const wanted = request.name === undefined ? undefined : parseContainerName(request.name);
    return this.#locked(async () => {
      await this.#clearUnfinished();
      const { manifest, imageName } = request;
      const diffIds = await this.#diffIdsOf(manifest);
      const name = await this.#freeName(wanted, imageName);
      const image = { manifest, ...(imageName !== undefined && { name: imageName }), diffIds };
      const id = randomBytes(16).toString('hex');
      const config = { id, name, created: new Date().toISOString(), image };
      await this.#make(config);
      return config;
    });
  }

  list(): Promise<ContainerList> {
    return inEngineTerms(this.#store.places.containers, () => this.#list());
  }

  /**
   * The container of a name or ID, or of the beginning of an ID.
   *
   * @throws EngineError `not-found`, `ambiguous`.
   */
  async find(text: string): Promise<ContainerConfig> {
    const { containers } = await this.list();
    const exact = containers.find(({ id, name }) => id === text || name === text);
    if (exact !== undefined) return exact;
    const found = /^[0-9a-f]+$/.test(text) ? containers.filter(({ id }) => id.startsWith(text)) : [];
    const [only, second] = found;
    if (only === undefined) throw new EngineError('not-found', text, 'there is no such container');
    if (second !== undefined) throw new EngineError('ambiguous', text, 'several containers begin so');
    return only;
  }

  /** @param base its image, opened. */
  open(config: ContainerConfig, base: ContainerBase): Promise<Container> {
    return Container.open(this.#store, config, base);
  }

  /** @throws EngineError `not-found`, `already-exists`, `invalid-reference`. */
  rename(id: string, name: string): Promise<ContainerConfig> {
    const wanted = parseContainerName(name);
    return this.#locked(async () => {
      const config = await this.#read(id);
      if (config === undefined) throw new EngineError('not-found', id, 'there is no such container');
      if (config.name === wanted) return config;
      const renamed = { ...config, name: await this.#freeName(wanted, undefined) };
      await this.#writeConfig(renamed);
      return renamed;
    });
  }

  /** Removes a container with all that was changed in it. Removing what is absent succeeds. */
  remove(id: string): Promise<void> {
    return this.#locked(async () => {
      const { config } = this.#placesOf(id);
      await unlessAbsent(this.#store.disk.remove(config));
      await this.#clear(id);
    });
  }

  /** See {@link commitContainer}. */
  commit(container: Container, request: CommitRequest, options?: CommitOptions): Promise<CommittedImage> {
    return commitContainer(this.#store, container, request, options);
  }

  async #list(): Promise<ContainerList> {
    const containers: ContainerConfig[] = [];
    const damaged: { readonly id: string; readonly failure: EngineError }[] = [];
    for (const id of await this.#ids())
      try {
        const config = await this.#read(id);
        if (config !== undefined) containers.push(config);
      } catch (error) {
        if (!isEngineError(error)) throw error;
        damaged.push({ id, failure: error });
      }
    return { containers: containers.sort(byAge), damaged };
  }

  async #ids(): Promise<readonly string[]> {
    const names = (await unlessAbsent(this.#store.disk.list(this.#store.places.containers))) ?? [];
    return names.filter(isContainerId);
  }

  /** Undefined when there is no such container. */
  async #read(id: string): Promise<ContainerConfig | undefined> {
    const { config } = this.#placesOf(id);
    const bytes = await unlessAbsent(readWholeFile(this.#store.disk, config, configLimit));
    return bytes && parseContainerConfig(bytes, config);
  }

  async #freeName(wanted: string | undefined, imageName: string | undefined): Promise<string> {
    const taken = new Set((await this.#list()).containers.map(({ name }) => name));
    if (wanted === undefined) return nameFor(imageName, taken);
    if (taken.has(wanted)) throw new EngineError('already-exists', wanted, 'a container is called so');
    return wanted;
  }

  async #diffIdsOf(manifest: Digest): Promise<readonly DiffId[]> {
    const parsed = parseManifest(await this.#store.blobs.read(manifest, manifestLimit), manifest);
    if (parsed.kind !== 'manifest' || parsed.config === undefined)
      throw new EngineError('unsupported', manifest, 'this is not the manifest of an image');
    const { digest } = parsed.config;
    const { diffIds } = parseImageConfig(await this.#store.blobs.read(digest, configLimit), digest).config;
    return diffIds.filter((diffId) => diffId !== undefined);
  }

  /** The config comes last: without it there is no container. */
  async #make(config: ContainerConfig): Promise<void> {
    const { disk } = this.#store;
    const places = this.#placesOf(config.id);
    await disk.makeDirectory(places.contents);
    await createFile(disk, places.journal, journalOf().bytes);
    await this.#writeConfig(config);
    await disk.syncDirectory(places.containers);
  }

  async #writeConfig(config: ContainerConfig): Promise<void> {
    const places = this.#placesOf(config.id);
    await replaceFile(this.#store.disk, places, places.config, formatContainerConfig(config));
    await this.#store.disk.syncDirectory(places.container);
  }

  /** What crashes left of containers that were being made or removed. */
  async #clearUnfinished(): Promise<void> {
    for (const id of await this.#ids()) {
      const facts = await unlessAbsent(this.#store.disk.facts(this.#placesOf(id).config));
      if (facts === undefined) await this.#clear(id);
    }
  }

  async #clear(id: string): Promise<void> {
    const { disk } = this.#store;
    const places = this.#placesOf(id);
    const contents = (await unlessAbsent(disk.list(places.contents))) ?? [];
    const files = [...contents.map((name) => places.content(name)), places.journal, places.lock];
    for (const file of files) await unlessAbsent(disk.remove(file));
    for (const directory of [places.contents, places.container])
      await unlessInUse(unlessAbsent(disk.removeDirectory(directory)));
  }

  #placesOf(id: string): ContainerPlaces {
    if (!isContainerId(id)) throw new EngineError('invalid-reference', id, 'not the ID of a container');
    return new ContainerPlaces(this.#store.places.directory, id);
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return inEngineTerms(this.#store.places.containers, () => this.#store.lock.run(work));
  }
}

/** Another process can be changing a container that is removed; the rest goes when the next one is made. */
async function unlessInUse(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOTEMPTY' && systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

function byAge(one: ContainerConfig, other: ContainerConfig): number {
  return one.created === other.created ? (one.id < other.id ? -1 : 1) : one.created < other.created ? -1 : 1;
}
