import { randomBytes } from 'node:crypto';
import { EngineError, isEngineError } from '../base/errors.ts';
import {
  baseName,
  byteName,
  type ByteName,
  joinPath,
  type LayerPath,
  parentPath,
  rootPath,
  toText,
} from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { EngineContainerDetails } from '../sources/dockerEngine/engineApi.ts';
import type { ArchiveEndpoint } from './containerArchive.ts';
import type { ContainerFacts } from './containerFacts.ts';
import type { ContainerFile, CopiedUp } from './containerFiles.ts';
import type { ContainerNews } from './containerNews.ts';
import type { ContainerPrograms } from './containerPrograms.ts';
import { nothingAt } from './engineAnswers.ts';
import { holdBytes } from './heldBytes.ts';
import type { ImageOfContainer } from './imageOfContainer.ts';
import { tarOfFile, tarOfFolder } from './tarOfOneFile.ts';

export interface ContainerWritesParts {
  readonly archive: ArchiveEndpoint;
  readonly programs: ContainerPrograms;
  readonly facts: ContainerFacts;
  readonly image: ImageOfContainer;
  readonly news: ContainerNews;
  readonly spoolDirectory: string;
}

/** A real path, and what is there. */
interface Place {
  readonly path: LayerPath;
  readonly file: ContainerFile | undefined;
}

/**
 * Changes files of an engine's container. Engines take a tar of new files in any state of the container; to remove and
 * rename there is no call, so that a program of the container does it while it runs.
 */
export class ContainerWrites {
  readonly #parts: ContainerWritesParts;

  constructor(parts: ContainerWritesParts) {
    this.#parts = parts;
  }

  /** All bytes are here before the first is sent: when they stop coming, nothing has happened. */
  async writeFile(
    path: LayerPath,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    details: EngineContainerDetails,
    options: CallOptions = {},
  ): Promise<CopiedUp | undefined> {
    const { archive, news, spoolDirectory } = this.#parts;
    const at = await this.#target(path, options);
    const { type = 'file' } = at.file ?? {};
    if (type !== 'file' || at.path === rootPath)
      throw new EngineError('not-a-file', toText(path), `it is of type ${type}`);
    await using held = await holdBytes(content, spoolDirectory, options.signal);
    const copiedUp = at.file && (await this.#copiedUp(at.file, details, options));
    const tar = tarOfFile(baseName(at.path), held, attributesFor(at.file));
    news.ownCopy();
    await archive.put(parentPath(at.path), tar, options);
    news.tell({ kind: at.file === undefined ? 'created' : 'changed', path: at.path });
    return copiedUp;
  }

  async mkdir(path: LayerPath, options: CallOptions = {}): Promise<void> {
    const { archive, news } = this.#parts;
    const { path: real, file } = await this.#place(path, options);
    if (file !== undefined)
      throw new EngineError('already-exists', toText(path), 'there is something already');
    news.ownCopy();
    await archive.put(parentPath(real), tarOfFolder(baseName(real)), options);
    news.tell({ kind: 'created', path: real });
  }

  async remove(path: LayerPath, options: CallOptions = {}): Promise<void> {
    const { path: real } = await this.#thing(path, options);
    await this.#removeAll(real, options);
    this.#parts.news.tell({ kind: 'deleted', path: real });
  }

  async rename(
    path: LayerPath,
    to: LayerPath,
    { replaces, ...options }: CallOptions & { readonly replaces?: boolean } = {},
  ): Promise<void> {
    const from = await this.#thing(path, options);
    const at = await this.#place(to, options);
    if (from.path === at.path) return;
    if (
      at.path.startsWith(`${from.path}/`) ||
      from.path.startsWith(at.path === rootPath ? '/' : `${at.path}/`)
    )
      throw new EngineError(
        'invalid-path',
        toText(to),
        'a folder cannot be moved into itself, nor over what holds it',
      );
    if (at.file !== undefined && replaces !== true)
      throw new EngineError('already-exists', toText(to), 'there is something already');
    // A file takes a file's place at once; into a folder, or a link to one, it would be moved.
    const isReplacedAtOnce = at.file?.type === 'file' && from.file?.type !== 'dir';
    if (at.file === undefined || isReplacedAtOnce) await this.#move(from.path, at.path, options);
    else await this.#moveOver(from.path, at.path, options);
    this.#parts.news.tell({ kind: 'deleted', path: from.path }, { kind: 'created', path: at.path });
  }

  async setMode(path: LayerPath, mode: number, options: CallOptions = {}): Promise<void> {
    const digits = mode.toString(8).padStart(4, '0');
    await this.#setAttributes(path, ['chmod', digits, '--'], () => ({ mode }), options);
  }

  async setOwner(path: LayerPath, uid: number, gid: number, options: CallOptions = {}): Promise<void> {
    // As the kernel does it: who has a file changes takes its set-ID bits away.
    const changed = ({ mode }: ContainerFile): Partial<ContainerFile> => ({ mode: mode & 0o1777, uid, gid });
    await this.#setAttributes(path, ['chown', `${uid}:${gid}`, '--'], changed, options);
  }

  /** By a program of the container; where none can run, a file is put in its own place with the same bytes. */
  async #setAttributes(
    path: LayerPath,
    command: readonly string[],
    changed: (file: ContainerFile) => Partial<ContainerFile>,
    options: CallOptions,
  ): Promise<void> {
    const { programs, news } = this.#parts;
    const { path: real, file } = await this.#target(path, options);
    if (file === undefined) throw nothingAt(path);
    try {
      await programs.act(command, [real], options);
    } catch (error) {
      if (!isEngineError(error, 'unsupported') || file.type !== 'file') throw error;
      await this.#putAgain(real, { ...file, ...changed(file) }, options);
    }
    news.tell({ kind: 'changed', path: real });
  }

  async #putAgain(path: LayerPath, file: ContainerFile, options: CallOptions): Promise<void> {
    const { archive, news, spoolDirectory } = this.#parts;
    const content = archive.read(path, undefined, options);
    await using held = await holdBytes(content, spoolDirectory, options.signal);
    news.ownCopy();
    await archive.put(parentPath(path), tarOfFile(baseName(path), held, attributesFor(file)), options);
  }

  #move(path: LayerPath, to: LayerPath, options: CallOptions): Promise<void> {
    return this.#parts.programs.act(['mv', '-f', '--'], [path, to], options);
  }

  /** What is there goes only when the other is in its place. */
  async #moveOver(path: LayerPath, to: LayerPath, options: CallOptions): Promise<void> {
    const aside = joinPath(parentPath(to), byteName(`.lamina-${randomBytes(8).toString('hex')}`));
    await this.#move(to, aside, options);
    try {
      await this.#move(path, to, options);
    } catch (error) {
      await this.#move(aside, to, {});
      throw error;
    }
    await this.#removeAll(aside, options);
  }

  #removeAll(path: LayerPath, options: CallOptions): Promise<void> {
    if (path === rootPath) throw new EngineError('invalid-path', '/', 'the root stays');
    return this.#parts.programs.act(['rm', '-rf', '--'], [path], options);
  }

  /** Something that is there: a link itself. */
  async #thing(path: LayerPath, options: CallOptions): Promise<Place> {
    const place = await this.#place(path, options);
    if (place.file === undefined) throw nothingAt(path);
    return place;
  }

  /** The path with links in its folders followed, which have to be there. */
  async #place(path: LayerPath, options: CallOptions): Promise<Place> {
    const { archive, facts } = this.#parts;
    if (path === rootPath) return { path, file: await facts.of(path, options) };
    const folder = await archive.realPath(parentPath(path), 'follow', options);
    const isFolder = folder && (await archive.isFolder(folder, options));
    if (folder === undefined || isFolder === undefined) throw await this.#missing(parentPath(path), options);
    if (!isFolder)
      throw new EngineError('not-a-directory', toText(parentPath(path)), 'this is not a directory');
    const real = joinPath(folder, baseName(path));
    return { path: real, file: await facts.of(real, options) };
  }

  /** Where a file is written: links are followed, to what is not there too. */
  async #target(path: LayerPath, options: CallOptions): Promise<Place> {
    const seen = new Set<LayerPath>();
    for (let asked = path; ;) {
      const place = await this.#place(asked, options);
      const target = place.file?.type === 'symlink' ? place.file.linkTarget : undefined;
      if (target === undefined) return place;
      if (seen.has(place.path) || seen.size === mostLinks)
        throw new EngineError('symlink-loop', toText(path), 'it leads through more than 40 links');
      seen.add(place.path);
      asked = linkedPath(parentPath(place.path), target);
    }
  }

  /** That the container itself is gone is another matter. */
  async #missing(folder: LayerPath, options: CallOptions): Promise<EngineError> {
    await this.#parts.archive.lookup(rootPath, options);
    return nothingAt(folder);
  }

  /** The image's file, when it is that which is written over, and the image's layers are here. */
  async #copiedUp(
    file: ContainerFile,
    details: EngineContainerDetails,
    options: CallOptions,
  ): Promise<CopiedUp | undefined> {
    const base = await this.#parts.image.baseAtHand(details, options);
    const entry = base?.view.lookup(file.path);
    if (entry === undefined || !isUntouched(entry, file)) return undefined;
    return { layer: entry.contentLayer, size: entry.size };
  }
}

const mostLinks = 40;

function attributesFor(
  file: ContainerFile | undefined,
): Pick<ContainerFile, 'mode' | 'uid' | 'gid' | 'xattrs'> {
  if (file === undefined) return { mode: 0o644, uid: 0, gid: 0 };
  const { mode, uid, gid, xattrs } = file;
  // The kernel takes capabilities from what is written to; so does a file that takes its place.
  const kept = new Map([...(xattrs ?? [])].filter(([name]) => name !== capability));
  return { mode, uid, gid, ...(kept.size > 0 && { xattrs: kept }) };
}

const capability = 'security.capability' as ByteName;

function isUntouched(image: ContainerFile, file: ContainerFile): boolean {
  const seconds = ({ mtime = '0' }: ContainerFile): string => mtime.split('.')[0] ?? '';
  return (
    image.type === file.type &&
    image.size === file.size &&
    image.mode === file.mode &&
    image.uid === file.uid &&
    image.gid === file.gid &&
    seconds(image) === seconds(file)
  );
}

/** Where a link in a folder leads, as far as names say; what climbs above the root stays there. */
function linkedPath(folder: LayerPath, target: ByteName): LayerPath {
  const names: string[] = [];
  for (const name of `${target.startsWith('/') ? '' : folder}/${target}`.split('/'))
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  return `/${names.join('/')}` as LayerPath;
}
