import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import path from 'node:path';
import { throwIfAborted } from '../base/abort.ts';
import { EngineError, toEngineError } from '../base/errors.ts';

export interface TarCacheOptions {
  /** Made when missing; disposable as a whole. */
  readonly directory: string;
  /** Bytes kept; the longest unused go first. */
  readonly maxBytes?: number;
}

/**
 * Unpacked tars on disk, of layers that cannot be entered in the middle: a zstd blob of one frame, a gzip blob of one
 * block. A tar can be read while it is being unpacked, as far as that has come.
 */
export class TarCache implements AsyncDisposable {
  readonly #options: TarCacheOptions;
  readonly #open = new Map<string, Promise<CachedTar>>();

  constructor(options: TarCacheOptions) {
    this.#options = options;
  }

  /** Whether there is room for a tar of that size: within the limit, and a quarter of what is free on the disk. */
  async hasRoom(tarSize: number): Promise<boolean> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.#options.directory);
    return tarSize <= Math.min(this.#maxBytes, (bavail * bsize) / 4);
  }

  /**
   * The tar of that name; unpacked by `unpack` when it is not there.
   *
   * @param name tells blobs apart for as long as the cache lives.
   */
  async get(name: string, tarSize: number, unpack: () => AsyncIterable<Buffer>): Promise<CachedTar> {
    const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
    const known = await this.#open.get(key);
    if (known?.hasFailed === false) return known;
    // One that failed gave all it had; the blob is tried again.
    await known?.close();
    const tar = this.#make(key, tarSize, unpack);
    this.#open.set(key, tar);
    tar.catch(() => this.#open.delete(key));
    return tar;
  }

  /** Closes the tars; one that is not yet whole is given up. */
  async [Symbol.asyncDispose](): Promise<void> {
    const tars = [...this.#open.values()];
    this.#open.clear();
    for (const tar of tars)
      await tar.then(
        (open) => open.close(),
        () => undefined,
      );
  }

  get #maxBytes(): number {
    return this.#options.maxBytes ?? 8 * 2 ** 30;
  }

  async #make(key: string, tarSize: number, unpack: () => AsyncIterable<Buffer>): Promise<CachedTar> {
    const file = path.join(this.#options.directory, `${key}.tar`);
    const status = await stat(file).catch(() => undefined);
    if (status?.size === tarSize) {
      const now = new Date();
      await utimes(file, now, now);
      return new CachedTar(await open(file, 'r'), tarSize);
    }
    await this.#makeRoom(tarSize);
    const draft = `${file}.${randomBytes(6).toString('hex')}.part`;
    const tar = new CachedTar(await open(draft, 'wx+', 0o600), undefined);
    void tar.fill(unpack()).then(
      () => rename(draft, file),
      () => rm(draft, { force: true }),
    );
    return tar;
  }

  async #makeRoom(wanted: number): Promise<void> {
    const files = [];
    for (const name of await readdir(this.#options.directory)) {
      const file = path.join(this.#options.directory, name);
      const status = await stat(file).catch(() => undefined);
      if (status !== undefined) files.push({ file, size: status.size, usedMs: status.mtimeMs });
    }
    files.sort((a, b) => a.usedMs - b.usedMs);
    let bytes = wanted + files.reduce((sum, { size }) => sum + size, 0);
    for (const { file, size } of files) {
      if (bytes <= this.#maxBytes) return;
      // What another process has open stays readable there.
      await rm(file, { force: true }).catch(() => undefined);
      bytes -= size;
    }
  }
}

/** A tar on disk that may still be growing. */
export class CachedTar {
  readonly #file: FileHandle;
  #written: number;
  #isWhole: boolean;
  #failure: EngineError | undefined;
  #filling: Promise<void> | undefined;
  readonly #waiting: (() => void)[] = [];

  /** @param size bytes of the tar when it is whole; undefined when it is yet to be filled. */
  constructor(file: FileHandle, size: number | undefined) {
    this.#file = file;
    this.#written = size ?? 0;
    this.#isWhole = size !== undefined;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Bytes from an offset, once they are unpacked. @throws what unpacking failed with before it came so far. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    const end = offset + length;
    while (this.#written < end && !this.#isWhole && this.#failure === undefined) {
      throwIfAborted(signal, 'read');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#written < end) throw this.#failure ?? new EngineError('truncated', 'tar', 'it ends early');
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    if (bytesRead < length) throw new EngineError('damaged', 'cache', 'the cached tar ends early');
    return bytes;
  }

  async close(): Promise<void> {
    this.#failure ??= new EngineError('cancelled', 'cache', 'closed');
    this.#wake();
    await this.#filling?.catch(() => undefined);
    await this.#file.close();
  }

  /** Unpacks into the file; those who wait are served on the way. */
  fill(unpacked: AsyncIterable<Buffer>): Promise<void> {
    return (this.#filling = this.#fill(unpacked));
  }

  async #fill(unpacked: AsyncIterable<Buffer>): Promise<void> {
    try {
      for await (const bytes of unpacked) {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#file.writeFile(bytes);
        this.#written += bytes.length;
        this.#wake();
      }
      this.#isWhole = true;
    } catch (error) {
      throw (this.#failure = toEngineError(error, 'tar'));
    } finally {
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
