import { EngineError } from '../base/errors.ts';
import { toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { IncomingFile } from './incomingFile.ts';

/** A file, and where in its pack its bytes lie. */
export interface PackedFile {
  readonly file: IncomingFile;
  readonly start: number;
  readonly end: number;
}

/**
 * Gathers the bytes of many small files into packs that are written as one file each: opening and syncing a file for each
 * of ten thousand costs more than their bytes. Large files have packs of their own, so that their space is free again
 * when they go.
 */
export class FilePacks {
  readonly #files: AsyncIterator<IncomingFile>;
  readonly #options: CallOptions;
  #next: IncomingFile | undefined;
  #done = 0;

  constructor(files: AsyncIterable<IncomingFile>, options: CallOptions) {
    this.#files = files[Symbol.asyncIterator]();
    this.#options = options;
  }

  /** Whether files are left. */
  async hasMore(): Promise<boolean> {
    if (this.#next !== undefined) return true;
    const next = await this.#files.next();
    if (next.done !== true) this.#next = next.value;
    return this.#next !== undefined;
  }

  /** The bytes of one pack. @param into where the files in it are added, folders and links too. */
  async *next(into: PackedFile[]): AsyncGenerator<Uint8Array> {
    const gather = new Gathered();
    let length = 0;
    while (await this.hasMore()) {
      const file = this.#next;
      if (file === undefined || !hasRoom(length, file)) break;
      this.#next = undefined;
      const start = length;
      for await (const bytes of file.content ?? []) {
        length += bytes.length;
        this.#tell(file, bytes.length);
        const gathered = gather.add(bytes);
        if (gathered !== undefined) yield gathered;
      }
      into.push({ file, start, end: length });
      if (file.size > largeBytes) break;
    }
    yield gather.rest();
  }

  /** Takes no more files. */
  async close(): Promise<void> {
    await this.#files.return?.();
  }

  #tell({ name }: IncomingFile, bytes: number): void {
    const { signal, onProgress } = this.#options;
    const subject = toText(name);
    if (signal?.aborted === true) throw new EngineError('cancelled', subject, 'cancelled');
    this.#done += bytes;
    onProgress?.({ subject, done: this.#done });
  }
}

/** Puts small pieces together: writing each of them costs more than copying it. */
class Gathered {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** What is to be written now. */
  add(bytes: Uint8Array): Uint8Array | undefined {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    return this.#length < gatheredBytes ? undefined : this.rest();
  }

  rest(): Uint8Array {
    const [only] = this.#pieces;
    const all = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return all;
  }
}

const gatheredBytes = 256 * 1024;

function hasRoom(length: number, { size }: IncomingFile): boolean {
  return length === 0 || (size <= largeBytes && length + size <= packBytes);
}

/** Bytes beyond which a file is not packed with others. */
const largeBytes = 1024 * 1024;
const packBytes = 32 * 1024 * 1024;
