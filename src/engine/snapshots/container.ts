import { forEachPaced, hostSliceMs, Pacer, throwIfAborted } from '../base/abort.ts';
import { type ByteRange, clampRange } from '../base/byteRange.ts';
import { EngineError, isEngineError, toEngineError } from '../base/errors.ts';
import { type Event, EventEmitter } from '../base/event.ts';
import type { LayerPath } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { RootfsEntry } from '../rootfs/rootfs.ts';
import { createUnionView, type MergedView } from '../rootfs/unionView.ts';
import type { DiskStore } from '../store/diskStore.ts';
import { type HeldLock, StoreLock } from '../store/storeLock.ts';
import type { ContainerConfig } from './containerConfig.ts';
import { type ContainerChange, containerDiff } from './containerDiff.ts';
import type { ContainerEntry } from './containerEntry.ts';
import { ContainerPlaces } from './containerPlaces.ts';
import { ContainerView } from './containerView.ts';
import { Contents, type ContentSource, namesIn } from './contents.ts';
import { type Edit, editsFromJson, editsToJson } from './edit.ts';
import { indexUpper, inodeIn } from './indexUpper.ts';
import type { OwnPiece, Piece } from './inode.ts';
import { Journal, type JournalPosition } from './journal.ts';
import { currentModificationTime } from './modificationTime.ts';
import { cutPieces } from './pieces.ts';
import { type NewAttributes, UpperLayer } from './upperLayer.ts';
import { UpperState } from './upperState.ts';
import { changesetLength, writeChangeset } from './writeChangeset.ts';

/** The image of a container, opened. */
export interface ContainerBase {
  readonly view: MergedView;
  /** The bytes of one of its files, or of a range of them. */
  read(file: RootfsEntry, range: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array>;
}

/** What a container became another by. */
export interface ContainerStep {
  readonly before: ContainerView;
  readonly after: ContainerView;
  /** What was done; undefined when another process has written the journal anew, and only the result is known. */
  readonly edits: readonly Edit[] | undefined;
}

/**
 * A container's files: read, and changed under a lock that all processes share. A change is there whole or not at all,
 * and on the disk when its promise is fulfilled. Holds nothing open.
 */
export class Container {
  readonly config: ContainerConfig;
  readonly #base: ContainerBase;
  readonly #places: ContainerPlaces;
  readonly #journal: Journal;
  readonly #contents: Contents;
  readonly #lock: StoreLock;
  readonly #changed = new EventEmitter<ContainerStep>();
  /** Fires after each change, of this object and, when they are taken up, of other processes. */
  readonly onDidChange: Event<ContainerStep> = this.#changed.event;
  #view: ContainerView;
  #position: JournalPosition | undefined;
  #compactedLength = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #nextRefresh: Promise<boolean> | undefined;

  private constructor(store: DiskStore, config: ContainerConfig, base: ContainerBase) {
    this.config = config;
    this.#base = base;
    this.#places = new ContainerPlaces(store.places.directory, config.id);
    this.#journal = new Journal(store.disk, this.#places);
    this.#contents = new Contents(store.disk, this.#places);
    this.#lock = new StoreLock(store.disk, this.#places, store.lockTiming);
    this.#view = new ContainerView(base.view, new UpperState());
  }

  /** @throws EngineError `not-found` when the container is gone; `damaged` when its journal is. */
  static async open(store: DiskStore, config: ContainerConfig, base: ContainerBase): Promise<Container> {
    const container = new Container(store, config, base);
    await container.refresh();
    return container;
  }

  /** What the container sees as of the last change or refresh. Never changes: a later state is another view. */
  get view(): ContainerView {
    return this.#view;
  }

  /** Takes up what other processes changed; whether they did. Calls that wait for their turn share it. */
  refresh(): Promise<boolean> {
    return (this.#nextRefresh ??= this.#serially(() => {
      this.#nextRefresh = undefined;
      return this.#catchUp();
    }));
  }

  /**
   * Writes bytes to the disk for a change that follows; what no change uses is removed after a day.
   */
  write(source: ContentSource, signal?: AbortSignal): Promise<readonly Piece[]> {
    return this.#inTerms(() => this.#contents.write(source, signal));
  }

  /** Removes written bytes that no change needs after all. */
  discard(content: readonly Piece[]): Promise<void> {
    return this.#contents.discard(content);
  }

  /**
   * Changes files. All that `work` does becomes one step: when it throws, or the disk fails, nothing has happened.
   *
   * @throws EngineError as the calls in `work`; `busy`, `no-space`, `denied`, `not-found` when the container is gone.
   */
  change<T>(work: (upper: UpperLayer) => T): Promise<T> {
    return this.#serially(() => this.#lock.run((held) => this.#change(work, held)));
  }

  /**
   * Replaces a file's content or makes the file, with its bytes at once or as they come.
   *
   * @returns the image's file when this very call copied it up.
   */
  async writeFile(
    path: LayerPath,
    source: ContentSource,
    attributes?: NewAttributes,
    signal?: AbortSignal,
  ): Promise<RootfsEntry | undefined> {
    const content = await this.write(source, signal);
    try {
      throwIfAborted(signal, path);
      return await this.change((upper) => {
        const origin = upper.view.resolve(path)?.origin;
        upper.writeFile(path, content, attributes);
        return origin?.in === 'image' ? origin.entry : undefined;
      });
    } catch (error) {
      await this.discard(content);
      throw error;
    }
  }

  /**
   * The same as a stack of layers, the writable one on top, for what is asked of images: who touched a path, what
   * matches a pattern. Costs what the writable layer holds; it, too, never changes.
   */
  layered(): ContainerBase {
    const base = this.#base;
    const { upper } = this.#view;
    const index = indexUpper(upper);
    const read: ContainerBase['read'] = (file, { start, end }, options) => {
      if (file.contentLayer < base.view.layers.length) return base.read(file, { start, end }, options);
      const content = upper.inode(inodeIn(index, file.contentNode))?.content ?? [];
      return this.#readPieces(cutPieces(content, start, end), options);
    };
    return { view: createUnionView([...base.view.layers, index]), read };
  }

  /**
   * A file's bytes, or a range of them.
   *
   * @throws EngineError `not-a-file`; `changed` when the entry is of an old view, whose bytes are gone.
   */
  read(entry: ContainerEntry, range?: ByteRange, options?: CallOptions): AsyncIterable<Uint8Array> {
    if (entry.type !== 'file') throw new EngineError('not-a-file', entry.path, `it is of type ${entry.type}`);
    const { start, end } = clampRange(range, entry.size);
    const { origin } = entry;
    if (origin.in === 'image') return this.#base.read(origin.entry, { start, end }, options);
    return this.#readPieces(cutPieces(origin.content, start, end), options);
  }

  /** As `docker diff`, see {@link containerDiff}; gives way to other work on the thread. @throws EngineError `cancelled`. */
  async diff({ signal }: CallOptions = {}): Promise<readonly ContainerChange[]> {
    const changes: ContainerChange[] = [];
    const pacer = new Pacer(signal, this.config.name, undefined, hostSliceMs);
    await forEachPaced(containerDiff(this.#view), pacer, (change) => {
      if (change !== undefined) changes.push(change);
    });
    return changes;
  }

  /** What is in the writable layer as a layer's tar, see {@link writeChangeset}. */
  changeset(options?: CallOptions): AsyncIterable<Uint8Array> {
    return writeChangeset(this.#view.upper, (pieces) => this.#readPieces(pieces, options));
  }

  /** Bytes that {@link changeset} gives, as far as headers have the usual length. */
  changesetLength(): number {
    return changesetLength(this.#view.upper);
  }

  async #change<T>(work: (upper: UpperLayer) => T, held: HeldLock): Promise<T> {
    await this.#catchUp();
    const draft = new ContainerView(this.#base.view, new UpperState(this.#view.upper));
    const upper = new UpperLayer(draft, currentModificationTime());
    const result = work(upper);
    if (upper.edits.length === 0 || this.#position === undefined) return result;
    await this.#contents.place(
      upper.edits.flatMap((edit) => (edit.do === 'inode' ? namesIn(edit.inode.content) : [])),
    );
    await held.verify();
    this.#position = await this.#journal.append(this.#position, editsToJson(upper.edits));
    this.#become(draft, upper.edits);
    // The change is made: that the journal could not be shortened is no failure of it.
    await this.#compact(held).catch(() => undefined);
    return result;
  }

  async #catchUp(): Promise<boolean> {
    const { records, position, isFromStart } = await this.#journal.read(this.#position);
    const isFirst = this.#position === undefined;
    if (records.length > 0 || isFromStart) {
      const upper = new UpperState(isFromStart ? undefined : this.#view.upper);
      const edits = records.flatMap((record) => editsFromJson(record, this.#places.journal));
      const pacer = new Pacer(undefined, this.config.name, undefined, hostSliceMs);
      await forEachPaced(edits, pacer, (edit) => {
        upper.apply(edit);
      });
      if (isFromStart) this.#compactedLength = 0;
      this.#position = position;
      this.#become(new ContainerView(this.#base.view, upper), isFromStart ? undefined : edits);
    }
    this.#position = position;
    return !isFirst && (records.length > 0 || isFromStart);
  }

  #become(after: ContainerView, edits: readonly Edit[] | undefined): void {
    const before = this.#view;
    this.#view = after;
    this.#changed.fire({ before, after, edits });
  }

  /** Writes the journal anew once most of it is history, and removes the bytes that no file has any more. */
  async #compact(held: HeldLock): Promise<void> {
    const length = this.#position?.length ?? 0;
    if (length < shortLength || length < 4 * this.#compactedLength) return;
    await held.verify();
    const { upper } = this.#view;
    // Until it is known how this ended, the next one reads from the start.
    this.#position = undefined;
    this.#position = await this.#journal.replace(editsToJson([...upper.edits()]));
    this.#compactedLength = this.#position.length;
    await this.#contents.keepOnly(new Set(upper.inodes().flatMap(({ content }) => namesIn(content))));
  }

  async *#readPieces(pieces: readonly Piece[], options?: CallOptions): AsyncGenerator<Uint8Array> {
    for (const piece of pieces)
      if (piece.from === 'own') yield* this.#readOwn(piece);
      else if (piece.from === 'zeros') yield* zeros(piece.length);
      else yield* this.#readImage(piece, options);
  }

  async *#readOwn(piece: OwnPiece): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#contents.read(piece);
    } catch (error) {
      throw isEngineError(error, 'not-found') ? await this.#whyLost(piece, error) : error;
    }
  }

  /** Bytes that no file has any more are removed in the end, also those that somebody has an old view of. */
  async #whyLost({ name }: OwnPiece, cause: EngineError): Promise<EngineError> {
    const subject = this.config.name;
    try {
      await this.refresh();
    } catch (error) {
      return toEngineError(error, subject);
    }
    const isWanted = this.#view.upper.inodes().some(({ content }) => namesIn(content).includes(name));
    if (isWanted) return new EngineError('damaged', cause.subject, 'bytes of a file are lost', { cause });
    return new EngineError('changed', subject, 'a file was changed while it was read', { cause });
  }

  #readImage(
    { path, offset, length }: Extract<Piece, { readonly from: 'image' }>,
    options?: CallOptions,
  ): AsyncIterable<Uint8Array> {
    const file = this.#base.view.lookup(path);
    if (file === undefined) throw new EngineError('damaged', path, 'the image does not have this file');
    return this.#base.read(file, { start: offset, end: offset + length }, options);
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => this.#inTerms(work));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #inTerms<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toEngineError(error, this.config.name);
    }
  }
}

/** Bytes of a journal that is never shortened. */
const shortLength = 64 * 1024;

function* zeros(length: number): Iterable<Uint8Array> {
  const block = new Uint8Array(Math.min(length, 256 * 1024));
  for (let left = length; left > 0; left -= block.length) yield block.subarray(0, left);
}
