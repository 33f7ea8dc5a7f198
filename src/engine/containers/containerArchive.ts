import { readTarEntries, type StreamedEntry } from '../archive/readTarEntries.ts';
import { throwIfAborted } from '../base/abort.ts';
import { type ByteRange, clampRange } from '../base/byteRange.ts';
import { EngineError, isEngineError } from '../base/errors.ts';
import {
  hexIfNotUtf8,
  type LayerPath,
  parentPath,
  parseLayerPath,
  rootPath,
  splitPath,
  toText,
} from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContainerArchive, ContainerPathStat } from '../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import { fromLinkStat, fromTarHeader, isDirectory, isSymlink } from './archivedFile.ts';
import { between, closing, CountedBytes } from './archiveStream.ts';
import { type ArchivedEntry, ArchivedPaths } from './archivedPaths.ts';
import type { ContainerFile } from './containerFiles.ts';
import { inOurTerms, isNothingThere, nothingAt } from './engineAnswers.ts';

/** What a path's own archive tells. */
export interface Archived {
  readonly file: ContainerFile;
  /** The engine followed the link that is there, and tells neither its owner nor its target as it is stored. */
  readonly isFollowedLink: boolean;
}

type StreamedContent = Pick<StreamedEntry, 'content'>;

/** Decides about each file of a tar, its folder first; `stop` when no more are wanted. */
export type TakeFile = (file: ContainerFile) => 'stop' | undefined;

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

  /**
   * What is at the path. Undefined when there is nothing; `unsaid` when there is something that the engine cannot give
   * by this path: Docker a link that leads to itself, 20.10 and older a name that is not UTF-8.
   */
  async lookup(path: LayerPath, options: CallOptions = {}): Promise<Archived | 'unsaid' | undefined> {
    try {
      const archive = await this.#open(path, options);
      return archive && (await closing(archive.body, async () => (await firstOf(path, archive)) ?? 'unsaid'));
    } catch (error) {
      if (isEngineError(error, 'symlink-loop')) return 'unsaid';
      throw error;
    }
  }

  /** What HEAD tells; undefined when there is nothing, and for links that lead nowhere in Podman. */
  async stat(path: LayerPath, { signal }: CallOptions = {}): Promise<ContainerPathStat | undefined> {
    try {
      return await this.#client.statArchive(this.#id, toText(path), signal && { signal });
    } catch (error) {
      // Answers to HEAD have no words; what is wrong GET says.
      if (!isEngineError(error, 'not-found') && !isEngineError(error, 'refused')) throw error;
      const archive = await this.#open(path, signal && { signal });
      archive?.body.destroy();
      return archive?.stat;
    }
  }

  /** Of a real path; undefined when there is nothing. */
  async isFolder(path: LayerPath, options?: CallOptions): Promise<boolean | undefined> {
    const stat = await this.stat(path, options);
    return stat && isDirectory(stat);
  }

  /** The path with all links in its folders followed, and in itself where wanted; undefined when it leads nowhere. */
  async realPath(
    path: LayerPath,
    last: 'follow' | 'keep',
    options?: CallOptions,
  ): Promise<LayerPath | undefined> {
    let asked = path;
    for (let links = 0; links < maxLinks; links++) {
      const folders = foldersOf(asked);
      const stats = await Promise.all(
        [...folders, ...(last === 'follow' && asked !== rootPath ? [asked] : [])].map(async (at) => ({
          at,
          stat: await this.stat(at, options),
        })),
      );
      if (stats.some(({ stat }) => stat === undefined)) return undefined;
      const link = stats.find(({ stat }) => stat !== undefined && isSymlink(stat));
      if (link?.stat?.linkTarget === undefined) return asked;
      const rest = asked.slice(link.at.length);
      asked = parseLayerPath(link.stat.linkTarget + '/' + toText(rest));
    }
    throw new EngineError('symlink-loop', toText(path), 'it leads through more than 40 links');
  }

  /**
   * All that is below a path, in the tar's order. Names of one inode are told as files of their own.
   *
   * @param limit bytes of the tar to be read at most.
   * @returns whether it came to the end; undefined when there is nothing at the path.
   */
  async walk(
    path: LayerPath,
    limit: number,
    take: TakeFile,
    { signal, onProgress }: CallOptions = {},
  ): Promise<'whole' | 'cut' | undefined> {
    const subject = toText(path);
    const archive = await this.#open(path, signal && { signal });
    if (archive === undefined) return undefined;
    return closing(archive.body, async () => {
      const counted = new CountedBytes(archive.body, limit, (done) => {
        throwIfAborted(signal, subject);
        onProgress?.({ subject, done });
      });
      const paths = new ArchivedPaths(path, archive.stat);
      try {
        for await (const { header } of readTarEntries(counted, subject)) {
          const entry = paths.take(header);
          if (entry !== undefined && take(entry.file) === 'stop') return 'cut';
        }
      } catch (error) {
        // A tar that was left in the middle of an entry looks damaged.
        if (!counted.isCut || !(isEngineError(error, 'damaged') || isEngineError(error, 'invalid-archive')))
          throw error;
      }
      return counted.isCut ? 'cut' : 'whole';
    });
  }

  /** All that is at a path and below it, with contents, which must be taken or passed over in the order they come. */
  async *entries(
    path: LayerPath,
    { signal }: CallOptions = {},
  ): AsyncGenerator<ArchivedEntry & StreamedContent> {
    const archive = await this.#open(path, signal && { signal });
    if (archive === undefined) throw nothingAt(path);
    try {
      const paths = new ArchivedPaths(path, archive.stat);
      for await (const { header, content } of readTarEntries(archive.body, toText(path))) {
        const entry = paths.take(header);
        if (entry !== undefined) yield { ...entry, content };
      }
    } finally {
      archive.body.destroy();
    }
  }

  /** All of the container's own files, whole, as no mount covers them. */
  async walkExport(take: TakeFile, { signal, onProgress }: CallOptions = {}): Promise<void> {
    const body = await this.#client.exportContainer(this.#id, signal && { signal });
    await closing(body, async () => {
      const counted = new CountedBytes(body, Infinity, (done) => {
        throwIfAborted(signal, this.#id);
        onProgress?.({ subject: this.#id, done });
      });
      const paths = new ArchivedPaths(rootPath, undefined, []);
      for await (const { header } of readTarEntries(counted, this.#id)) {
        const entry = paths.take(header);
        if (entry !== undefined && take(entry.file) === 'stop') return;
      }
    });
  }

  /** What is at the path, by the tar of its folder: for what {@link lookup} cannot tell. */
  async lookupInFolder(
    path: LayerPath,
    limit: number,
    options?: CallOptions,
  ): Promise<ContainerFile | undefined> {
    let found: ContainerFile | undefined;
    const take: TakeFile = (file) => {
      if (file.path !== path) return undefined;
      found = file;
      return 'stop';
    };
    await this.walk(parentPath(path), limit, take, options);
    return found;
  }

  /** A file's bytes, or a range of them; links are followed. */
  async *read(path: LayerPath, range?: ByteRange, options: CallOptions = {}): AsyncGenerator<Uint8Array> {
    throwIfAborted(options.signal, toText(path));
    const stat = await this.stat(path, options);
    const target = stat !== undefined && isSymlink(stat) ? stat.linkTarget : undefined;
    const real = target === undefined ? path : parseLayerPath(target);
    const archive = stat && (await this.#open(real, options));
    if (archive === undefined && hexIfNotUtf8(path) !== undefined) {
      yield* this.#readInFolder(path, range, options);
      return;
    }
    if (archive === undefined) throw nothingAt(path);
    try {
      const entry = await entryIn(real, archive);
      if (entry === undefined) yield* this.#readInFolder(real, range, options);
      else yield* partOf(entry.file, entry.content, range, options);
    } finally {
      archive.body.destroy();
    }
  }

  /** Unpacks a tar into a folder that is there. */
  async put(
    directory: LayerPath,
    tar: AsyncIterable<Uint8Array>,
    { signal }: CallOptions = {},
  ): Promise<void> {
    try {
      await this.#client.putArchive(this.#id, toText(directory), tar, signal && { signal });
    } catch (error) {
      throw inOurTerms(error, directory);
    }
  }

  /** From the tar of the file's folder: Docker 20.10 and Podman give no file whose name is not UTF-8 by itself. */
  async *#readInFolder(
    path: LayerPath,
    range: ByteRange | undefined,
    options: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    const archive = await this.#open(parentPath(path), options);
    if (archive === undefined) throw nothingAt(path);
    try {
      const paths = new ArchivedPaths(parentPath(path), archive.stat);
      for await (const { header, content } of readTarEntries(archive.body, toText(path))) {
        const entry = paths.take(header);
        if (entry?.file.path !== path) continue;
        yield* partOf(entry.file, content, range, options);
        return;
      }
      throw nothingAt(path);
    } finally {
      archive.body.destroy();
    }
  }

  async #open(path: LayerPath, { signal }: CallOptions = {}): Promise<ContainerArchive | undefined> {
    try {
      return await this.#client.getArchive(this.#id, toText(path), signal && { signal });
    } catch (error) {
      if (isNothingThere(error)) return undefined;
      throw inOurTerms(error, path);
    }
  }
}

const maxLinks = 40;

async function* partOf(
  file: ContainerFile,
  content: AsyncIterable<Uint8Array>,
  range: ByteRange | undefined,
  { signal }: CallOptions,
): AsyncGenerator<Uint8Array> {
  if (file.type !== 'file')
    throw new EngineError('not-a-file', toText(file.path), `it is of type ${file.type}`);
  const { start, end } = clampRange(range, file.size);
  for await (const bytes of between(content, start, end, file.path)) {
    throwIfAborted(signal, toText(file.path));
    yield bytes;
  }
}

/** From the first below the root down. */
function foldersOf(path: LayerPath): readonly LayerPath[] {
  const names = splitPath(path);
  return names.slice(1).map((_, at) => `/${names.slice(0, at + 1).join('/')}` as LayerPath);
}

async function firstOf(path: LayerPath, archive: ContainerArchive): Promise<Archived | undefined> {
  const first = await entryIn(path, archive);
  return first && { file: first.file, isFollowedLink: first.isFollowedLink };
}

async function entryIn(
  path: LayerPath,
  { body, stat }: ContainerArchive,
): Promise<(Archived & { readonly content: StreamedEntry['content'] }) | undefined> {
  const first = await readTarEntries(body, toText(path)).next();
  if (first.done === true) return undefined;
  const { header, content } = first.value;
  // Podman gives the file that a link leads to, and tells of the link.
  const isFollowedLink = stat !== undefined && isSymlink(stat) && header.typeflag !== typeOfLink;
  const file = isFollowedLink ? fromLinkStat(path, stat) : fromTarHeader(path, header, stat);
  return { file, isFollowedLink, content };
}

const typeOfLink = 0x32;
