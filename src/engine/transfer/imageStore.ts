import { openDirectoryFiles } from '../archive/directoryFiles.ts';
import { EngineError } from '../base/errors.ts';
import { type Disposable, EventEmitter } from '../base/event.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import { normalizeName } from '../oci/reference.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';
import { openOciLayout } from '../sources/ociLayout.ts';
import { collectGarbage, type GarbageReport } from '../store/collectGarbage.ts';
import type { DiskStore, DiskStoreOptions } from '../store/diskStore.ts';
import { ensureSound, openDiskStore } from '../store/openDiskStore.ts';
import { StorePlaces } from '../store/storePlaces.ts';
import { storeUsage } from '../store/storeUsage.ts';
import { verifyStore } from '../store/verifyStore.ts';
import { watchIndex } from '../store/watchIndex.ts';
import { importImage } from './importImage.ts';
import { saveImages } from './saveImages.ts';
import type { SaveRequest } from './saveRequest.ts';
import { tagImage } from './tagImage.ts';
import type { ImportOptions, TransferResult } from './transferReport.ts';

/**
 * The `Store` of the engine's contract. Nothing is made on the disk before the first call that needs the store; each
 * call sees that it is sound.
 */
export class ImageStore {
  readonly directory: string;
  readonly #options: DiskStoreOptions;
  readonly #changed = new EventEmitter<void>();
  #opened: Promise<DiskStore> | undefined;

  constructor(directory: string, options: DiskStoreOptions = {}) {
    this.directory = directory;
    this.#options = options;
  }

  readonly onDidChange = this.#changed.event;

  async source(): Promise<ImageSource> {
    await this.opened();
    const source = await openOciLayout(await openDirectoryFiles(this.directory), 'store');
    if (source !== undefined) return source;
    throw new EngineError('damaged', this.directory, 'the store has no oci-layout');
  }

  import(
    source: ImageSource,
    entry: ImageEntry,
    name: string | undefined,
    options?: ImportOptions,
  ): Promise<TransferResult> {
    return this.change((store) => importImage(store, source, entry, name, options));
  }

  tag(name: string, target: Digest): Promise<void> {
    return this.change((store) => tagImage(store, name, target));
  }

  remove(name: string): Promise<void> {
    return this.change((store) => store.refs.removeName(normalizeName(name)));
  }

  removeTarget(target: Digest): Promise<void> {
    return this.change((store) => store.refs.removeNameless(target));
  }

  async save(request: SaveRequest, options?: CallOptions): Promise<void> {
    await saveImages(request, (await this.opened()).copyBlob, options);
  }

  async verify(options?: CallOptions): Promise<readonly Problem[]> {
    return verifyStore(await this.opened(), options);
  }

  async collectGarbage(options: CallOptions & { readonly isDryRun: boolean }): Promise<GarbageReport> {
    return collectGarbage(await this.opened(), options);
  }

  async usage(): Promise<{ readonly blobs: number; readonly bytes: number }> {
    return storeUsage(await this.opened());
  }

  watch(): Disposable {
    let watcher: Disposable | undefined;
    let isDisposed = false;
    const start = (): void => {
      if (!isDisposed)
        watcher = watchIndex(new StorePlaces(this.directory), () => {
          this.#changed.fire();
        });
    };
    // A directory can be watched once it is there; without one there is nothing to tell.
    this.opened().then(start, () => undefined);
    return {
      dispose: () => {
        isDisposed = true;
        watcher?.dispose();
      },
    };
  }

  /** Does something that gives the store other images, and tells of it. */
  async change<T>(change: (store: DiskStore) => Promise<T>): Promise<T> {
    const result = await change(await this.opened());
    this.#changed.fire();
    return result;
  }

  /** The store on the disk, found sound. */
  async opened(): Promise<DiskStore> {
    const opening = (this.#opened ??= openDiskStore(this.directory, this.#options));
    try {
      const store = await opening;
      await ensureSound(store);
      return store;
    } catch (error) {
      if (this.#opened === opening) this.#opened = undefined;
      throw error;
    }
  }
}
