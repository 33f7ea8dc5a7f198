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
    let length = 0;
    while (await this.hasMore()) {
      const file = this.#next;
      if (file === undefined || !hasRoom(length, file)) return;
      this.#next = undefined;
      const start = length;
      for await (const bytes of file.content ?? []) {
        yield bytes;
        length += bytes.length;
        this.#tell(file, bytes.length);
      }
      into.push({ file, start, end: length });
      if (file.size > largeBytes) return;
    }
  }

  #tell({ name }: IncomingFile, bytes: number): void {
    const { signal, onProgress } = this.#options;
    const subject = toText(name);
    if (signal?.aborted === true) throw new EngineError('cancelled', subject, 'cancelled');
    this.#done += bytes;
    onProgress?.({ subject, done: this.#done });
  }
}

function hasRoom(length: number, { size }: IncomingFile): boolean {
  return length === 0 || (size <= largeBytes && length + size <= packBytes);
}

/** Bytes beyond which a file is not packed with others. */
const largeBytes = 1024 * 1024;
const packBytes = 32 * 1024 * 1024;
