import { throwIfAborted } from '../base/abort.ts';
import { EngineError } from '../base/errors.ts';
import { type Disk, type DiskFile, unlessAbsent } from '../store/disk.ts';
import { inEngineTerms } from '../store/inEngineTerms.ts';
import { randomName } from '../store/storePlaces.ts';
import { writeFully } from '../store/wholeFile.ts';
import type { ContainerPlaces } from './containerPlaces.ts';
import type { OwnPiece, Piece } from './inode.ts';

/** Bytes for a file, in memory or as they come. */
export type ContentSource = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * The bytes of a container's files: a file for each write, under a random name, never changed. They are written before the
 * container's lock is taken, beside the store's other unfinished files, and get their place when a change needs them.
 */
export class Contents {
  readonly #disk: Disk;
  readonly #places: ContainerPlaces;
  /** What is written and not yet in its place, by name. */
  readonly #waiting = new Map<string, string>();

  constructor(disk: Disk, places: ContainerPlaces) {
    this.#disk = disk;
    this.#places = places;
  }

  /** Writes bytes to the disk, to be used in one change or several. */
  async write(source: ContentSource, signal?: AbortSignal): Promise<readonly Piece[]> {
    const temporary = this.#places.newTemporary(`content-${randomName()}`);
    try {
      const length = await this.#fill(temporary, source, signal);
      if (length === 0) {
        await this.#disk.remove(temporary);
        return [];
      }
      const name = randomName();
      this.#waiting.set(name, temporary);
      return [{ from: 'own', name, offset: 0, length }];
    } catch (error) {
      await this.#disk.remove(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** Puts what a change uses in its place, to stay. Only under the container's lock. */
  async place(names: Iterable<string>): Promise<void> {
    const waiting = [...new Set(names)].filter((name) => this.#waiting.has(name));
    for (const name of waiting) {
      await this.#disk.rename(this.#waiting.get(name) ?? '', this.#places.content(name));
      this.#waiting.delete(name);
    }
    if (waiting.length > 0) await this.#disk.syncDirectory(this.#places.contents);
  }

  /** Removes what a failed change does not need after all. */
  async discard(pieces: readonly Piece[]): Promise<void> {
    for (const name of namesIn(pieces)) {
      const temporary = this.#waiting.get(name);
      this.#waiting.delete(name);
      if (temporary !== undefined) await this.#disk.remove(temporary).catch(() => undefined);
    }
  }

  /** Removes all files but these. Only under the container's lock. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    for (const name of await this.#disk.list(this.#places.contents))
      if (!names.has(name)) await unlessAbsent(this.#disk.remove(this.#places.content(name)));
  }

  /** @throws EngineError `not-found`, `truncated` when the file is not as it was written. */
  async *read({ name, offset, length }: OwnPiece): AsyncGenerator<Uint8Array> {
    const path = this.#waiting.get(name) ?? this.#places.content(name);
    const file = await inEngineTerms(path, () => this.#disk.open(path, 'read'));
    try {
      for (let done = 0; done < length;) {
        const bytes = new Uint8Array(Math.min(pieceLength, length - done));
        const read = await inEngineTerms(path, () => file.read(bytes, offset + done));
        if (read === 0) throw new EngineError('truncated', path, `${length - done} bytes are missing`);
        yield bytes.subarray(0, read);
        done += read;
      }
    } finally {
      await file.close();
    }
  }

  async #fill(temporary: string, source: ContentSource, signal?: AbortSignal): Promise<number> {
    const file = await this.#disk.open(temporary, 'create');
    try {
      const length = await pour(file, source, temporary, signal);
      await file.sync();
      return length;
    } finally {
      await file.close();
    }
  }
}

const pieceLength = 256 * 1024;

/** The names of the container's own files among pieces. */
export function namesIn(pieces: readonly Piece[]): readonly string[] {
  return pieces.flatMap((piece) => (piece.from === 'own' ? [piece.name] : []));
}

async function pour(
  file: DiskFile,
  source: ContentSource,
  path: string,
  signal?: AbortSignal,
): Promise<number> {
  if (source instanceof Uint8Array) {
    await writeFully(file, source, 0, path);
    return source.length;
  }
  let done = 0;
  for await (const bytes of source) {
    throwIfAborted(signal, path);
    await writeFully(file, bytes, done, path);
    done += bytes.length;
  }
  return done;
}
