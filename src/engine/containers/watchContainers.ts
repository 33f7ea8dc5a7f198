import { type Disposable } from '../base/event.ts';
import { isContainerId } from '../store/containerImages.ts';
import { unlessAbsent } from '../store/disk.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { watchDirectory } from '../store/watchDirectory.ts';
import { ContainerPlaces } from '../snapshots/containerPlaces.ts';

/**
 * Tells when a container of the store was made, renamed or removed (without its ID), or its files changed (with it), by
 * whatever process.
 */
export function watchContainers(
  opening: Promise<DiskStore>,
  onChange: (id: string | undefined) => void,
): Disposable {
  const watched = new WatchedContainers(onChange);
  // What cannot be opened has nothing to tell; who asks it something learns why.
  opening.then((store) => watched.start(store)).catch(() => undefined);
  return watched;
}

class WatchedContainers implements Disposable {
  readonly #onChange: (id: string | undefined) => void;
  readonly #containers = new Map<string, Disposable>();
  #list: Disposable | undefined;
  #isDisposed = false;

  constructor(onChange: (id: string | undefined) => void) {
    this.#onChange = onChange;
  }

  async start(store: DiskStore): Promise<void> {
    const { containers } = store.places;
    await store.disk.makeDirectory(containers);
    if (this.#isDisposed) return;
    this.#list = watchDirectory(containers, isContainerId, () => {
      this.#onChange(undefined);
      void this.#look(store);
    });
    await this.#look(store);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#list?.dispose();
    for (const watcher of this.#containers.values()) watcher.dispose();
  }

  /** Watches each container that is there, and no other. */
  async #look({ disk, places }: DiskStore): Promise<void> {
    const ids = new Set(((await unlessAbsent(disk.list(places.containers))) ?? []).filter(isContainerId));
    for (const [id, watcher] of this.#containers)
      if (!ids.has(id)) {
        watcher.dispose();
        this.#containers.delete(id);
      }
    for (const id of this.#isDisposed ? [] : ids)
      if (!this.#containers.has(id)) this.#containers.set(id, this.#watch(places.directory, id));
  }

  #watch(directory: string, id: string): Disposable {
    const { container } = new ContainerPlaces(directory, id);
    const watchers = [
      watchDirectory(
        container,
        (name) => name === 'journal',
        () => {
          this.#onChange(id);
        },
      ),
      watchDirectory(
        container,
        (name) => name === 'config.json',
        () => {
          this.#onChange(undefined);
        },
      ),
    ];
    return {
      dispose: () => {
        for (const watcher of watchers) watcher.dispose();
      },
    };
  }
}
