import { EngineError, isEngineError } from '../base/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Disk } from './disk.ts';
import { inEngineTerms } from './inEngineTerms.ts';
import { formatBackup } from './indexBackup.ts';
import {
  formatStoreIndex,
  indexLimit,
  parseStoreIndex,
  type StoreIndex,
  withImage,
  withoutName,
  withoutNameless,
} from './storeIndex.ts';
import type { HeldLock, StoreLock } from './storeLock.ts';
import { replaceFile } from './replaceFile.ts';
import type { StorePlaces } from './storePlaces.ts';
import { readWholeFile } from './wholeFile.ts';

/**
 * The names of the store's images, kept in `index.json`. Reading needs no lock; a change is made under the lock, to
 * what is read there, and is on the disk when its promise is fulfilled.
 */
export class Refs {
  readonly #disk: Disk;
  readonly #places: StorePlaces;
  readonly #lock: StoreLock;

  constructor(disk: Disk, places: StorePlaces, lock: StoreLock) {
    this.#disk = disk;
    this.#places = places;
    this.#lock = lock;
  }

  /** @throws EngineError `damaged` when `index.json` is no index, `not-found` without one, `limit-exceeded` above 16 MiB. */
  async read(): Promise<StoreIndex> {
    const bytes = await inEngineTerms(this.#places.index, () => this.#bytes());
    return parseStoreIndex(bytes, this.#places.index);
  }

  /**
   * Makes an image known under these names, or without one. A name is taken from whichever image had it.
   *
   * @param check runs under the lock before the change: the place to see that all blobs are there.
   */
  async put(target: Descriptor, names: readonly string[], check: () => Promise<void>): Promise<void> {
    const all = names.length === 0 ? [undefined] : names;
    await this.#change((index) => all.reduce((next, name) => withImage(next, target, name), index), check);
  }

  /** Removing a name that is absent succeeds. */
  async removeName(name: string): Promise<void> {
    await this.#change((index) => withoutName(index, name, 'drop-image'));
  }

  /** Forgets an image that has no name. Forgetting what is absent succeeds. */
  async removeNameless(target: Digest): Promise<void> {
    await this.#change((index) => withoutNameless(index, target));
  }

  async #change(edit: Edit, check?: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#lock.run((held) => this.#changeOnce(held, edit, check));
        return;
      } catch (error) {
        if (!isEngineError(error, 'changed') || attempt === attempts) throw error;
      }
    }
  }

  async #changeOnce(held: HeldLock, edit: Edit, check?: () => Promise<void>): Promise<void> {
    const before = await this.#bytes();
    const index = parseStoreIndex(before, this.#places.index);
    await check?.();
    const next = edit(index);
    if (next !== index) await this.#replace(before, next, held);
  }

  /** The copy first, see `indexBackup.ts`. */
  async #replace(before: Uint8Array, next: StoreIndex, held: HeldLock): Promise<void> {
    await replaceFile(this.#disk, this.#places, this.#places.backup, formatBackup(next, before));
    await replaceFile(this.#disk, this.#places, this.#places.index, formatStoreIndex(next), async () => {
      await held.verify();
      await this.#requireUnchanged(before);
    });
  }

  /** Another tool, which does not know our lock, may have written meanwhile. */
  async #requireUnchanged(before: Uint8Array): Promise<void> {
    if (Buffer.compare(await this.#bytes(), before) !== 0)
      throw new EngineError('changed', this.#places.index, 'another program changed it at the same time');
  }

  #bytes(): Promise<Uint8Array> {
    return readWholeFile(this.#disk, this.#places.index, indexLimit);
  }
}

type Edit = (index: StoreIndex) => StoreIndex;

/** How often a change is tried while programs that know no lock change the index too. */
const attempts = 3;
