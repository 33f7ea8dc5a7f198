import { link, mkdir, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import { type Event, EventEmitter } from '../base/event.ts';
import type { Logger } from '../base/log.ts';
import type { CallOptions } from '../base/progress.ts';
import type { DiffId } from '../oci/digest.ts';
import type { LayerIndex } from './layerIndex.ts';
import { openLayerIndex } from './layerIndexFile.ts';
import { type LayerKey, layerKeyOf } from './layerKey.ts';

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
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
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
}

/**
 * The layer indexes this machine has: found in memory or on disk, built when absent, damaged or of another version.
 * Two callers that want the same layer share the work; it is given up when the last of them cancels.
 */
export class LayerIndexes {
  readonly #options: LayerIndexesOptions;
  /** Least recently used first. */
  readonly #inMemory = new Map<LayerKey, LayerIndex>();
  readonly #states = new Map<LayerKey, LayerState>();
  readonly #building = new Map<LayerKey, SharedBuild>();
  /** What there is so far of layers that are being read. */
  readonly #previews = new Map<LayerKey, LayerIndex>();
  readonly #changed = new EventEmitter<LayerKey>();
  #secret: Promise<Uint8Array> | undefined;

  readonly onDidChange: Event<LayerKey> = this.#changed.event;

  constructor(options: LayerIndexesOptions) {
    this.#options = options;
  }

  /** The name under which a layer's index is kept. */
  async keyOf(diffId: DiffId | undefined, blob: BlobLocation): Promise<LayerKey> {
    this.#secret ??= readSecret(this.#options.directory);
    return layerKeyOf(diffId, blob, await this.#secret);
  }

  state(key: LayerKey): LayerState {
    return this.#states.get(key) ?? { kind: 'unknown' };
  }

  /** What was read so far of a layer that is being read; incomplete, and replaced by a fuller one now and then. */
  preview(key: LayerKey): LayerIndex | undefined {
    return this.#previews.get(key);
  }

  fileOf(key: LayerKey): string {
    return path.join(this.#options.directory, `${key}.index`);
  }

  /** @throws EngineError what the build failed with, or `cancelled`. */
  async get(key: LayerKey, blob: BlobLocation, options: BuildOptions = {}): Promise<LayerIndex> {
    const known = this.#inMemory.get(key) ?? (await this.#open(key));
    if (known !== undefined) return this.#keep(key, known);
    return this.#keep(key, await this.#join(key, blob, options));
  }

  async usage(): Promise<{ readonly files: number; readonly bytes: number }> {
    const files = await this.#files();
    return { files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) };
  }

  /** Forgets every index, in memory and on disk. */
  async clear(): Promise<void> {
    this.#inMemory.clear();
    this.#states.clear();
    for (const file of await this.#files()) await rm(file.path, { force: true });
  }

  #join(key: LayerKey, blob: BlobLocation, options: BuildOptions): Promise<LayerIndex> {
    let shared = this.#building.get(key);
    if (shared === undefined || shared.isAbandoned) {
      const started = new SharedBuild((signal, seen) => this.#build(key, blob, { ...options, signal, seen }));
      const forget = (): void => {
        if (this.#building.get(key) === started) this.#building.delete(key);
      };
      started.result.then(forget, forget);
      this.#building.set(key, started);
      shared = started;
    }
    if (options.priority !== 'background') shared.see();
    return shared.join(options.signal, key);
  }

  async #build(key: LayerKey, blob: BlobLocation, options: BuildOptions): Promise<LayerIndex> {
    const started = performance.now();
    this.#set(key, { kind: 'reading', done: 0, total: blob.size });
    try {
      await this.#options.build(blob, this.fileOf(key), {
        ...options,
        onProgress: (report) => {
          if (report.preview !== undefined) void this.#takePreview(key, report.preview);
          this.#set(key, { kind: 'reading', done: report.done, total: report.total ?? blob.size });
          options.onProgress?.(report);
        },
      });
      const index = await openLayerIndex(this.fileOf(key));
      const milliseconds = Math.round(performance.now() - started);
      this.#options.log.debug(`Indexed ${key}: ${index.nodeCount} entries in ${milliseconds} ms`);
      void this.#evict();
      return index;
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
      if (this.state(key).kind !== 'reading') return;
      this.#previews.set(key, preview);
      this.#changed.fire(key);
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
    this.#inMemory.delete(key);
    this.#inMemory.set(key, index);
    if (this.state(key).kind !== 'ready') this.#set(key, { kind: 'ready' });
    let nodes = 0;
    for (const kept of this.#inMemory.values()) nodes += kept.nodeCount;
    for (const [oldest, kept] of this.#inMemory) {
      if (nodes <= (this.#options.maxNodesInMemory ?? 2_000_000) || oldest === key) break;
      this.#inMemory.delete(oldest);
      nodes -= kept.nodeCount;
    }
    return index;
  }

  #set(key: LayerKey, state: LayerState): void {
    this.#states.set(key, state);
    this.#changed.fire(key);
  }

  async #evict(): Promise<void> {
    const files = (await this.#files()).sort((a, b) => a.usedMs - b.usedMs);
    let bytes = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files) {
      if (bytes <= (this.#options.maxBytesOnDisk ?? 4 * 2 ** 30)) return;
      await rm(file.path, { force: true });
      bytes -= file.size;
    }
  }

  async #files(): Promise<{ readonly path: string; readonly size: number; readonly usedMs: number }[]> {
    const names = await readdir(this.#options.directory).catch(() => []);
    const files = [];
    for (const name of names.filter((each) => disposable.test(each))) {
      const file = path.join(this.#options.directory, name);
      const status = await stat(file).catch(() => undefined);
      if (status !== undefined) files.push({ path: file, size: status.size, usedMs: status.mtimeMs });
    }
    return files;
  }
}

/** Indexes, and what a crash may leave: drafts and previews. */
const disposable = /\.(index|preview|tmp)$/;

/** One build that several callers wait for; aborted when all of them have cancelled. */
class SharedBuild {
  readonly result: Promise<LayerIndex>;
  readonly #abort = new AbortController();
  readonly #seen = new AbortController();
  #waiting = 0;

  constructor(start: (signal: AbortSignal, seen: AbortSignal) => Promise<LayerIndex>) {
    this.result = start(this.#abort.signal, this.#seen.signal);
    // Whoever joined reports the failure; without a joiner it has no meaning.
    this.result.catch(() => undefined);
  }

  /** Whether every caller has cancelled: it must not be joined any more. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Somebody waits for it now. */
  see(): void {
    this.#seen.abort();
  }

  async join(signal: AbortSignal | undefined, subject: string): Promise<LayerIndex> {
    this.#waiting++;
    let leave: (() => void) | undefined;
    const cancelled = new Promise<never>((_, reject) => {
      leave = () => {
        reject(new EngineError('cancelled', subject, 'cancelled'));
      };
      if (signal?.aborted === true) leave();
      else signal?.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([this.result, cancelled]);
    } finally {
      if (leave !== undefined) signal?.removeEventListener('abort', leave);
      if (--this.#waiting === 0) this.#abort.abort();
    }
  }
}

/** The installation's secret for layer keys; made once, readable by the user alone. */
async function readSecret(directory: string): Promise<Uint8Array> {
  const file = path.join(directory, 'secret');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (!(await exists(file))) {
    const draft = `${file}-${randomBytes(8).toString('hex')}`;
    await writeFile(draft, randomBytes(32), { flag: 'wx', mode: 0o600 });
    // A link fails where the name exists, so the first of several windows decides, with a whole file.
    await link(draft, file).catch(() => undefined);
    await rm(draft, { force: true });
  }
  const secret = await readFile(file);
  if (secret.length < 16) throw new EngineError('damaged', file, 'the secret is shorter than 16 bytes');
  return secret;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
