import type { CallOptions } from '../base/progress.ts';
import type { Problem } from '../base/problem.ts';
import type { BlobLocation } from './blobLocation.ts';
import type { FileEntry, FilesPort } from './filesPort.ts';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { EngineError, toEngineError } from '../base/errors.ts';
import { nameParts } from './archiveName.ts';
import { readBlob } from './readBlob.ts';

/** Deep enough for every layout (`blobs/sha256/…`), shallow enough for a home folder opened by mistake. */
const maxDepth = 6;
const maxFiles = 1_000_000;

export async function openDirectoryFiles(directory: string): Promise<FilesPort> {
  try {
    return new DirectoryFiles(directory, await realpath(directory));
  } catch (error) {
    throw toEngineError(error, directory);
  }
}

class DirectoryFiles implements FilesPort {
  readonly kind = 'directory';
  readonly path: string;
  readonly problems: Problem[] = [];
  readonly #root: string;

  constructor(directory: string, root: string) {
    this.path = directory;
    this.#root = root;
  }

  async list(options?: CallOptions): Promise<readonly FileEntry[]> {
    const found: FileEntry[] = [];
    await this.#walk('', 0, found, options?.signal);
    return found;
  }

  async stat(name: string): Promise<FileEntry | undefined> {
    const location = await this.locate(name);
    return location === undefined ? undefined : { name, size: location.size };
  }

  async locate(name: string): Promise<BlobLocation | undefined> {
    const parts = nameParts(name);
    // A NUL, and on Windows a drive or stream colon, would name something else than a file in here.
    if (parts === undefined || parts.some((part) => /[\0\\]/.test(part) || isForeign(part))) return undefined;
    try {
      const file = await realpath(path.join(this.#root, ...parts));
      if (!this.#isInside(file)) {
        this.#reportEscape(name);
        return undefined;
      }
      const status = await stat(file);
      return status.isFile() ? { file, offset: 0, size: status.size } : undefined;
    } catch (error) {
      const failure = toEngineError(error, name);
      if (failure.code === 'not-found' || failure.code === 'not-a-directory') return undefined;
      throw failure;
    }
  }

  async read(name: string, limit: number): Promise<Buffer | undefined> {
    const location = await this.locate(name);
    return location === undefined ? undefined : readBlob(location, limit, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is held open.
  }

  #isInside(file: string): boolean {
    const relative = path.relative(this.#root, file);
    return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  }

  #reportEscape(name: string): void {
    if (!this.problems.some((problem) => problem.subject === name))
      this.problems.push({
        code: 'archive-entry-escapes',
        subject: name,
        detail: 'the link leads out of the directory',
      });
  }

  async #walk(prefix: string, depth: number, found: FileEntry[], signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw new EngineError('cancelled', this.path, 'cancelled');
    const entries = await readdir(path.join(this.#root, prefix), { withFileTypes: true });
    for (const entry of entries) {
      const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory() && depth < maxDepth) await this.#walk(name, depth + 1, found, signal);
      const file = entry.isFile() || entry.isSymbolicLink() ? await this.stat(name) : undefined;
      if (file !== undefined && found.push(file) > maxFiles)
        throw new EngineError('limit-exceeded', this.path, `it has more than ${maxFiles} files`);
    }
  }
}

function isForeign(part: string): boolean {
  return process.platform === 'win32' && part.includes(':');
}
