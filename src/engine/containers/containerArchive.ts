import { readTarEntries, type StreamedEntry } from '../archive/readTarEntries.ts';
import type { TarHeader } from '../archive/tarSink.ts';
import { throwIfAborted } from '../base/abort.ts';
import { type ByteRange, clampRange } from '../base/byteRange.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import { byteName, joinPath, type LayerPath, parseLayerPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerArchive, ContainerPathStat } from '../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import { between, closing, CountedBytes } from './archiveStream.ts';
import { fromLinkStat, fromTarHeader, isSymlink } from './archivedFile.ts';
import type { ContainerFile } from './containerFiles.ts';
import { inOurTerms, isNothingThere, nothingAt } from './engineAnswers.ts';

/** A folder's files as far as its tar was read. */
export interface ArchivedFolder {
  readonly directory: ContainerFile;
  /** What is directly in it, in the tar's order. */
  readonly files: readonly ContainerFile[];
  /** Further names of files that the tar had before; what they are it does not say again. */
  readonly hardLinks: readonly LayerPath[];
  /** Whether the tar was read to its end. */
  readonly isWhole: boolean;
}

/**
 * The files of an engine's container by the archive endpoint (formats.md §3.6): whatever state it is in, and without a
 * program in it. An answer is always read or closed at once, because Docker keeps the container locked meanwhile.
 */
export class ArchiveEndpoint {
  readonly #client: EngineClient;
  readonly #id: string;

  constructor(client: EngineClient, id: string) {
    this.#client = client;
    this.#id = id;
  }

  /** What is at the path; a link itself. Undefined when there is nothing. */
  async lookup(path: LayerPath, options: CallOptions = {}): Promise<ContainerFile | undefined> {
    const archive = await this.#open(path, options);
    return archive && closing(archive.body, async () => (await this.#first(path, archive))?.file);
  }

  /** Where the path leads, all links followed; undefined when there is nothing. @throws EngineError `symlink-loop`. */
  async realPath(path: LayerPath, { signal }: CallOptions = {}): Promise<LayerPath | undefined> {
    try {
      const stat = await this.#client.statArchive(this.#id, toText(path), signal && { signal });
      return isSymlink(stat) && stat.linkTarget !== undefined ? parseLayerPath(stat.linkTarget) : path;
    } catch (error) {
      // Answers to HEAD have no words: whether it is the path or the container that is not there, GET says.
      if (!isEngineError(error, 'not-found') && !isEngineError(error, 'refused')) throw error;
      return (await this.lookup(path, signal && { signal })) && path;
    }
  }

  /** A folder's files, read from the tar of all that is below it. @param limit bytes of it to be read at most. */
  async folder(
    path: LayerPath,
    limit: number,
    { signal, onProgress }: CallOptions = {},
  ): Promise<ArchivedFolder | undefined> {
    const archive = await this.#open(path, signal && { signal });
    if (archive === undefined) return undefined;
    return closing(archive.body, async () => {
      const counted = new CountedBytes(archive.body, limit, (done) => {
        throwIfAborted(signal, toText(path));
        onProgress?.({ subject: toText(path), done });
      });
      const reader = new FolderReader(path, archive.stat);
      try {
        for await (const { header } of readTarEntries(counted, toText(path))) reader.take(header);
      } catch (error) {
        if (!counted.isCut || !isEngineError(error, 'damaged')) throw error;
      }
      return reader.folder && { ...reader.folder, isWhole: !counted.isCut };
    });
  }

  /** A file's bytes, or a range of them; links are followed. */
  async *read(path: LayerPath, range?: ByteRange, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
    const real = await this.realPath(path, options);
    const archive = real && (await this.#open(real, options));
    if (archive === undefined) throw nothingAt(path);
    try {
      const { file, content } = (await this.#first(path, archive)) ?? {};
      if (file === undefined || content === undefined) throw nothingAt(path);
      if (file.type !== 'file')
        throw new EngineError('not-a-file', toText(path), `it is of type ${file.type}`);
      const { start, end } = clampRange(range, file.size);
      yield* between(content, start, end, path);
    } finally {
      archive.body.destroy();
    }
  }

  /** Unpacks a tar into a folder that is there. */
  async put(directory: LayerPath, tar: AsyncIterable<Uint8Array>, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    await this.#client.putArchive(this.#id, toText(directory), tar, signal && { signal });
  }

  async #open(path: LayerPath, { signal }: CallOptions = {}): Promise<ContainerArchive | undefined> {
    try {
      return await this.#client.getArchive(this.#id, toText(path), signal && { signal });
    } catch (error) {
      if (isNothingThere(error)) return undefined;
      throw inOurTerms(error, path);
    }
  }

  async #first(
    path: LayerPath,
    { body, stat }: ContainerArchive,
  ): Promise<{ readonly file: ContainerFile; readonly content: StreamedEntry['content'] } | undefined> {
    const first = await readTarEntries(body, toText(path)).next();
    if (first.done === true) return undefined;
    const { header, content } = first.value;
    // Podman gives the file that a link leads to, and tells of the link.
    const isFollowed = stat !== undefined && isSymlink(stat) && String.fromCharCode(header.typeflag) !== '2';
    return { file: isFollowed ? fromLinkStat(path, stat) : fromTarHeader(path, header, stat), content };
  }
}

/** Takes what is directly in a folder from the tar of all that is below it. */
class FolderReader {
  #directory: ContainerFile | undefined;
  #depth = 0;
  readonly #files: ContainerFile[] = [];
  readonly #hardLinks: LayerPath[] = [];
  readonly #path: LayerPath;
  readonly #stat: ContainerPathStat | undefined;

  constructor(path: LayerPath, stat: ContainerPathStat | undefined) {
    this.#path = path;
    this.#stat = stat;
  }

  get folder(): Omit<ArchivedFolder, 'isWhole'> | undefined {
    const { type } = this.#directory ?? {};
    if (this.#directory === undefined || type === undefined) return undefined;
    if (type !== 'dir') throw new EngineError('not-a-directory', toText(this.#path), `it is of type ${type}`);
    return { directory: this.#directory, files: this.#files, hardLinks: this.#hardLinks };
  }

  take(header: TarHeader): void {
    const parts = partsOf(header.name);
    const name = parts.at(-1);
    if (this.#directory === undefined) {
      this.#directory = fromTarHeader(this.#path, header, this.#stat);
      this.#depth = parts.length + 1;
    } else if (parts.length === this.#depth && name !== undefined) {
      const path = joinPath(this.#path, byteName(name));
      if (String.fromCharCode(header.typeflag) === '1') this.#hardLinks.push(path);
      else this.#files.push(fromTarHeader(path, header));
    }
  }
}

/** An engine's names are not a person's: what climbs stays where it is. */
function partsOf(name: string): readonly string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
}
