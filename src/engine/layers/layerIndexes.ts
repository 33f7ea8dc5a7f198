import { rm, utimes } from 'node:fs/promises';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { type BlobPlace, type RemoteBlob, isRemote } from '../archive/remoteBlob.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import { type Event, EventEmitter } from '../base/event.ts';
import { SharedWork } from '../base/inFlight.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions, ProgressReport } from '../base/progress.ts';
import type { DiffId } from '../oci/digest.ts';
import { IndexFiles } from './indexFiles.ts';
import { IndexNames, type VouchedDigest } from './indexNames.ts';
import { IndexesInMemory } from './indexesInMemory.ts';
import { sameTarAs } from './layerIdentities.ts';
import type { LayerIndex } from './layerIndex.ts';
import { openLayerIndex } from './layerIndexFile.ts';
import { type LayerKey, claimOf, claimOfKey, fingerprintKeyOf, identityKeyOf } from './layerKey.ts';

/** Reads a whole layer and writes its index to `destination`, by rename. */
export type BuildLayerIndex = (
  blob: BlobLocation,
  destination: string,
  options: BuildOptions,
) => Promise<void>;

export interface BuildOptions extends CallOptions {
  /** `seen` is work a person waits for and goes first. */
  readonly priority?: 'seen' | 'background';
  /** Fires when work in the background has become work that a person waits for. */
  readonly seen?: AbortSignal;
}

/** How far a layer's index is. */
export type LayerState =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'reading';
      readonly done: number;
      /** Bytes; 0 while they are not known. */
      readonly total: number;
      /** Of a layer that lies elsewhere: whether it is being brought here or read. */
      readonly phase?: 'fetching' | 'indexing';
    }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface LayerIndexesOptions {
  /** Where index files lie; made when missing. Disposable as a whole. */
  readonly directory: string;
  readonly build: BuildLayerIndex;
  readonly log: Logger;
  /** Bytes of index files kept on disk; the longest unused go first. */
  readonly maxBytesOnDisk?: number;
  /** Nodes kept in memory, over all indexes. */
  readonly maxNodesInMemory?: number;
  readonly vouchedDigest?: VouchedDigest;
}

/**
 * The layer indexes this machine has: found in memory or on disk, built when absent, damaged or of another version. The
 * bytes of a layer that lies elsewhere are brought here only when its index is not found by what vouches for them.
 * Two callers that want the same layer share the work; it is given up when the last of them cancels.
 */
export class LayerIndexes {
  readonly #options: LayerIndexesOptions;
  readonly #files: IndexFiles;
  readonly #names: IndexNames;
  readonly #inMemory: IndexesInMemory;
  readonly #states = new Map<LayerKey, LayerState>();
  readonly #building = new Map<LayerKey, SharedBuild>();
  /** What there is so far of layers that are being read. */
  readonly #previews = new Map<LayerKey, LayerIndex>();
  /** While a layer that was brought here is read: from the key of what was brought to the key it is wanted by. */
  readonly #wantedAs = new Map<LayerKey, LayerKey>();
  readonly #changed = new EventEmitter<LayerKey>();

  readonly onDidChange: Event<LayerKey> = this.#changed.event;

  constructor(options: LayerIndexesOptions) {
    this.#options = options;
    this.#files = new IndexFiles(options.directory);
    this.#names = new IndexNames(this.#files, options.vouchedDigest, options.log);
    this.#inMemory = new IndexesInMemory(options.maxNodesInMemory ?? 2_000_000);
  }

  /** The name under which a layer's index is kept; needs no bytes of a layer that lies elsewhere. */
  async keyOf(diffId: DiffId | undefined, place: BlobPlace): Promise<LayerKey> {
    const secret = await this.#files.secret();
    if (isRemote(place)) return identityKeyOf(claimOf(diffId), place.identity, secret);
    return fingerprintKeyOf(claimOf(diffId), place, secret);
  }

  state(key: LayerKey): LayerState {
    return this.#states.get(key) ?? { kind: 'unknown' };
  }

  /** What was read so far of a layer that is being read; incomplete, and replaced by a fuller one now and then. */
  preview(key: LayerKey): LayerIndex | undefined {
    return this.#previews.get(key);
  }

  fileOf(key: LayerKey): string {
    return this.#files.of(key);
  }

  /** Whether the index is on disk under this very key. */
  has(key: LayerKey): Promise<boolean> {
    return this.#files.has(key);
  }

  /** Whether the index of a layer that lies elsewhere is on disk. @param identity as in `RemoteBlob`. */
  async knows(diffId: DiffId | undefined, identity: string): Promise<boolean> {
    const secret = await this.#files.secret();
    if (await this.has(identityKeyOf(claimOf(diffId), identity, secret))) return true;
    const same = sameTarAs(identity);
    return same !== undefined && this.has(identityKeyOf(same.claim, same.identity, secret));
  }

  /** @throws EngineError what the build or the fetch failed with, or `cancelled`. */
  async get(key: LayerKey, place: BlobPlace, options: BuildOptions = {}): Promise<LayerIndex> {
    const known = this.#inMemory.get(key) ?? (await this.#find(key, place));
    if (known !== undefined) return this.#keep(key, known);
    return this.#keep(key, await this.#join(key, place, options));
  }

  usage(): Promise<{ readonly files: number; readonly bytes: number }> {
    return this.#files.usage();
  }

  /** Forgets every index, in memory and on disk. */
  async clear(): Promise<void> {
    this.#inMemory.clear();
    this.#states.clear();
    await this.#files.clear();
  }

  /** On disk: by its key; of an engine's layer also as the same tar in another packing. */
  async #find(key: LayerKey, place: BlobPlace): Promise<LayerIndex | undefined> {
    const found = await this.#open(key);
    if (!isRemote(place)) {
      if (found !== undefined) this.#names.proveLater(key, found, place);
      return found;
    }
    const same = found === undefined ? sameTarAs(place.identity) : undefined;
    return same === undefined
      ? found
      : this.#open(identityKeyOf(same.claim, same.identity, await this.#files.secret()));
  }

  #join(key: LayerKey, place: BlobPlace, options: BuildOptions): Promise<LayerIndex> {
    let shared = this.#building.get(key);
    if (shared === undefined || shared.work.isAbandoned) {
      const started = new SharedBuild((build) =>
        isRemote(place) ? this.#bring(key, place, build, options) : this.#build(key, place, build, options),
      );
      const forget = (): void => {
        if (this.#building.get(key) === started) this.#building.delete(key);
      };
      started.work.result.then(forget, forget);
      this.#building.set(key, started);
      shared = started;
    }
    this.#seeWhenWaited(shared, options);
    return shared.work.join(key, options);
  }

  #seeWhenWaited(shared: SharedBuild, { priority, seen }: BuildOptions): void {
    if (priority !== 'background' || seen?.aborted === true) shared.see();
    else
      seen?.addEventListener('abort', () => {
        shared.see();
      });
  }

  /** Reads a layer that is here, and leaves its index under every name that it has proved to bear. */
  async #build(
    key: LayerKey,
    blob: BlobLocation,
    { onProgress, ...build }: BuildCall,
    { priority }: BuildOptions,
  ): Promise<LayerIndex> {
    return this.#noting(key, async () => {
      const started = performance.now();
      this.#set(key, { kind: 'reading', done: 0, total: blob.size });
      await this.#options.build(blob, this.fileOf(key), {
        ...build,
        ...(priority && { priority }),
        onProgress: (report) => {
          if (report.preview !== undefined) void this.#takePreview(key, report.preview);
          this.#set(key, { kind: 'reading', done: report.done, total: report.total ?? blob.size });
          onProgress(report);
        },
      });
      const index = await openLayerIndex(this.fileOf(key));
      const milliseconds = Math.round(performance.now() - started);
      this.#options.log.debug(`Indexed ${key}: ${index.nodeCount} entries in ${milliseconds} ms`);
      await this.#names.prove(key, index, blob);
      void this.#files.evict(this.#options.maxBytesOnDisk ?? 4 * 2 ** 30);
      return index;
    });
  }

  /** Brings a layer here, and reads it when its bytes turn out to be unknown. */
  async #bring(
    key: LayerKey,
    remote: RemoteBlob,
    build: BuildCall,
    options: BuildOptions,
  ): Promise<LayerIndex> {
    return this.#noting(key, async () => {
      const total = remote.size ?? 0;
      const note = (phase: 'fetching' | 'indexing', report: ProgressReport): void => {
        this.#set(key, { kind: 'reading', phase, done: report.done, total: report.total ?? total });
        build.onProgress(report);
      };
      this.#set(key, { kind: 'reading', phase: 'fetching', done: 0, total });
      const blob = await fetchWhole(remote, {
        signal: build.signal,
        onProgress: (report) => {
          note('fetching', report);
        },
      });
      const own = await fingerprintKeyOf(claimOfKey(key), blob, await this.#files.secret());
      this.#wantedAs.set(own, key);
      this.#set(key, { kind: 'reading', phase: 'indexing', done: 0, total: blob.size });
      try {
        const index =
          (await this.#open(own)) ??
          (await this.#join(own, blob, {
            ...options,
            ...build,
            onProgress: (report) => {
              note('indexing', report);
            },
          }));
        await this.#names.rename(own, key);
        return index;
      } finally {
        this.#wantedAs.delete(own);
      }
    });
  }

  /** Notes in the layer's state how work on it ended, unless it ended well. */
  async #noting<T>(key: LayerKey, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isCancelled = isEngineError(error, 'cancelled');
      const reason = error instanceof Error ? error.message : String(error);
      this.#set(key, isCancelled ? { kind: 'unknown' } : { kind: 'failed', reason });
      throw error;
    } finally {
      this.#previews.delete(key);
    }
  }

  async #takePreview(key: LayerKey, file: string): Promise<void> {
    try {
      const preview = await openLayerIndex(file);
      for (const each of [key, this.#wantedAs.get(key)]) {
        if (each === undefined || this.state(each).kind !== 'reading') continue;
        this.#previews.set(each, preview);
        this.#changed.fire(each);
      }
    } catch (error) {
      this.#options.log.debug(`A preview of ${key} was not there: ${String(error)}`);
    } finally {
      await rm(file, { force: true });
    }
  }

  async #open(key: LayerKey): Promise<LayerIndex | undefined> {
    const file = this.fileOf(key);
    try {
      const index = await openLayerIndex(file);
      const now = new Date();
      await utimes(file, now, now).catch(() => undefined);
      return index;
    } catch (error) {
      if (isEngineError(error, 'not-found')) return undefined;
      this.#options.log.warn(`The index ${key} is built anew: ${String(error)}`);
      return undefined;
    }
  }

  #keep(key: LayerKey, index: LayerIndex): LayerIndex {
    this.#inMemory.keep(key, index);
    if (this.state(key).kind !== 'ready') this.#set(key, { kind: 'ready' });
    return index;
  }

  #set(key: LayerKey, state: LayerState): void {
    this.#states.set(key, state);
    this.#changed.fire(key);
  }
}

/** What a build is given that several callers wait for. */
type BuildCall = Required<Pick<BuildOptions, 'signal' | 'seen' | 'onProgress'>>;

/** One build that several callers wait for; aborted when all of them have cancelled. */
class SharedBuild {
  readonly work: SharedWork<LayerIndex>;
  readonly #seen = new AbortController();

  constructor(start: (call: BuildCall) => Promise<LayerIndex>) {
    this.work = new SharedWork((shared) => start({ ...shared, seen: this.#seen.signal }));
  }

  /** Somebody waits for it now. */
  see(): void {
    this.#seen.abort();
  }
}

/** A transfer that ends early says nothing of the layer, so it must not look like damage. */
async function fetchWhole(remote: RemoteBlob, options: CallOptions): Promise<BlobLocation> {
  try {
    return await remote.fetch(options);
  } catch (error) {
    if (!isEngineError(error, 'truncated')) throw error;
    throw new EngineError('unreachable', error.subject, error.detail, { cause: error });
  }
}
