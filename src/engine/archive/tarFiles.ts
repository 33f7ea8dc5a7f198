import type { CallOptions } from '../base/progress.ts';
import type { Problem } from '../base/problem.ts';
import type { BlobLocation } from './blobLocation.ts';
import type { FileEntry, FilesPort } from './filesPort.ts';
import type { TarHeader, TarSink } from './tarSink.ts';
import { open } from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import { toText } from '../base/layerPath.ts';
import { nameParts, symlinkTarget } from './archiveName.ts';
import { readBlob } from './readBlob.ts';
import { scanTarHeaders } from './scanTarHeaders.ts';
import { TarScanner } from './tarScanner.ts';

export interface TarFilesOptions extends CallOptions {
  /** The path the user named. */
  readonly path: string;
  /** The tar itself: the path, or the file it was unpacked to. */
  readonly file: string;
  /** Called on close. */
  readonly remove?: () => Promise<void>;
  /** What was already found wrong. */
  readonly problems?: readonly Problem[];
}

/**
 * Scans the headers of a tar and serves its files by name. The last entry of a name counts. What is complete in a tar
 * that is cut short is served, with a problem.
 *
 * @throws EngineError `invalid-archive` when it does not begin as a tar; `limit-exceeded` beyond a million entries.
 */
export async function openTarFiles(options: TarFilesOptions): Promise<FilesPort> {
  const { path, signal, onProgress } = options;
  try {
    await using file = await open(options.file, 'r');
    const { size } = await file.stat();
    const contents = new TarContents(path, size, options.problems ?? []);
    const scanner = new TarScanner(contents);
    const readAt = async (buffer: Buffer, offset: number): Promise<number> =>
      (await file.read(buffer, 0, buffer.length, offset)).bytesRead;
    await scanTarHeaders(scanner, size, readAt, (position) => {
      if (signal?.aborted === true) throw new EngineError('cancelled', path, 'cancelled');
      onProgress?.({ subject: path, done: position, total: size });
    });
    if (contents.isEmpty && scanner.isDamaged)
      throw new EngineError('invalid-archive', path, 'it is not a tar archive');
    return new TarFiles(options, contents);
  } catch (error) {
    throw toEngineError(error, path);
  }
}

const maxEntries = 1_000_000;

type Found =
  | { readonly kind: 'file'; readonly offset: number; readonly size: number }
  | { readonly kind: 'link'; readonly target: string };

/** What the scan finds: files and links by cleaned name. */
class TarContents implements TarSink {
  readonly found = new Map<string, Found>();
  readonly problems: Problem[];
  isEmpty = true;
  readonly #path: string;
  readonly #size: number;
  #count = 0;

  constructor(path: string, size: number, problems: readonly Problem[]) {
    this.#path = path;
    this.#size = size;
    this.problems = [...problems];
  }

  entry(header: TarHeader): void {
    this.isEmpty = false;
    if (++this.#count > maxEntries)
      throw new EngineError('limit-exceeded', this.#path, `it has more than ${maxEntries} entries`);
    const text = toText(header.name);
    const name = nameParts(text)?.join('/');
    if (name === undefined || text.startsWith('/')) this.#report('archive-entry-escapes', text);
    if (name === undefined || name === '') return;
    // The last entry of a name counts, whatever it is.
    this.found.delete(name);
    const found = this.#toFound(name, header);
    if (found !== undefined) this.found.set(name, found);
  }

  contentHash(): void {
    // The scan reads no contents.
  }

  problem(code: 'tar-damaged' | 'gnu-sparse' | 'unknown-typeflag', subject: string, detail?: string): void {
    if (code === 'tar-damaged') this.#report('archive-truncated', toText(subject), detail);
  }

  #toFound(name: string, header: TarHeader): Found | undefined {
    if (header.typeflag === 0x31) return this.#toLink(name, toText(header.linkName));
    if (header.typeflag === 0x32) return this.#toLink(name, symlinkTarget(name, toText(header.linkName)));
    if (header.typeflag >= 0x33 && header.typeflag <= 0x36) return undefined;
    const isCut = header.dataOffset + header.size > this.#size;
    if (isCut) this.#report('archive-truncated', name, 'its content is cut off');
    // A blob is a range of the archive, which a sparse file is not.
    const isSparse = header.sparseMap !== undefined;
    if (isSparse) this.#report('gnu-sparse', name);
    return isCut || isSparse ? undefined : { kind: 'file', offset: header.dataOffset, size: header.size };
  }

  #toLink(name: string, target: string): Found | undefined {
    if (nameParts(target) !== undefined) return { kind: 'link', target };
    this.#report('archive-entry-escapes', name, 'the link leads out of the archive');
    return undefined;
  }

  #report(code: Problem['code'], subject: string, detail?: string): void {
    if (this.problems.length < 1000)
      this.problems.push(detail === undefined ? { code, subject } : { code, subject, detail });
  }
}

class TarFiles implements FilesPort {
  readonly kind = 'archive';
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly #file: string;
  readonly #found: ReadonlyMap<string, Found>;
  readonly #remove: (() => Promise<void>) | undefined;

  constructor(options: TarFilesOptions, contents: TarContents) {
    this.path = options.path;
    this.problems = contents.problems;
    this.#file = options.file;
    this.#found = contents.found;
    this.#remove = options.remove;
  }

  list(): Promise<readonly FileEntry[]> {
    const entries: FileEntry[] = [];
    for (const name of this.#found.keys()) {
      const file = this.#resolve(name);
      if (file !== undefined) entries.push({ name, size: file.size });
    }
    return Promise.resolve(entries);
  }

  stat(name: string): Promise<FileEntry | undefined> {
    const file = this.#resolve(name);
    return Promise.resolve(file === undefined ? undefined : { name, size: file.size });
  }

  locate(name: string): Promise<BlobLocation | undefined> {
    return Promise.resolve(this.#resolve(name));
  }

  async read(name: string, limit: number): Promise<Buffer | undefined> {
    const location = this.#resolve(name);
    return location === undefined ? undefined : readBlob(location, limit, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remove?.();
  }

  /** Follows links inside the archive, in the last component and in those before it. */
  #resolve(name: string): BlobLocation | undefined {
    let parts = nameParts(name);
    for (let hops = 0; parts !== undefined && hops <= 40; hops++) {
      const step = this.#firstLink(parts);
      if (step === undefined) return this.#toLocation(this.#found.get(parts.join('/')));
      parts = nameParts(`${step.target}/${parts.slice(step.length).join('/')}`);
    }
    return undefined;
  }

  #firstLink(parts: readonly string[]): { readonly length: number; readonly target: string } | undefined {
    for (let length = 1; length <= parts.length; length++) {
      const found = this.#found.get(parts.slice(0, length).join('/'));
      if (found?.kind === 'link') return { length, target: found.target };
    }
    return undefined;
  }

  #toLocation(found: Found | undefined): BlobLocation | undefined {
    return found?.kind === 'file' ? { file: this.#file, offset: found.offset, size: found.size } : undefined;
  }
}
