import { EngineError } from '../base/errors.ts';
import {
  baseName,
  byteName,
  joinPath,
  type LayerPath,
  parentPath,
  rootPath,
  splitPath,
  toText,
} from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ContentSource } from '../snapshots/contents.ts';
import type { Piece } from '../snapshots/inode.ts';
import { cutPieces } from '../snapshots/pieces.ts';
import type { UpperLayer } from '../snapshots/upperLayer.ts';
import { FilePacks, type PackedFile } from './filePacks.ts';
import type { IncomingFile } from './incomingFile.ts';

/** What files are copied into: a container, as far as that needs it. */
export interface CopyTarget {
  /** Writes bytes for a change that follows. */
  write(source: ContentSource, options?: CallOptions): Promise<readonly Piece[]>;
  /** Removes bytes that no change needs after all. */
  discard(content: readonly Piece[]): Promise<void>;
  change<T>(work: (upper: UpperLayer) => T): Promise<T>;
}

export interface CopyInRequest {
  readonly target: CopyTarget;
  /** A folder of the container, which must be there. */
  readonly directory: LayerPath;
  readonly files: AsyncIterable<IncomingFile>;
  /** Whose the files are: root's, as with `docker cp`, or those they come with. */
  readonly owner: 'root' | 'kept';
}

/**
 * Copies files into a container, by the rules of `docker cp`: what is there is replaced, folders are gone into and keep
 * their attributes, and neither takes the place of the other. All files appear in one step, or none does.
 *
 * @throws EngineError `already-exists` where a folder and something else meet; `not-found`, `not-a-directory` for the
 *   folder; `invalid-path`; what the files and the disk throw.
 */
export async function copyIn(request: CopyInRequest, options: CallOptions = {}): Promise<void> {
  const { target, directory } = request;
  const packs = new FilePacks(request.files, options);
  const packed: { readonly files: readonly PackedFile[]; readonly content: readonly Piece[] }[] = [];
  try {
    while (await packs.hasMore()) {
      const files: PackedFile[] = [];
      const content = await target.write(packs.next(files), options);
      packed.push({ files, content });
    }
    await target.change((upper) => {
      const placing = new Placing(upper, folderIn(upper, directory), request.owner);
      for (const { files, content } of packed) for (const file of files) placing.put(file, content);
      placing.finish();
    });
  } catch (error) {
    for (const { content } of packed) await target.discard(content);
    throw error;
  } finally {
    await packs.close();
  }
}

/** The folder itself, where links lead. */
function folderIn({ view }: UpperLayer, directory: LayerPath): LayerPath {
  const folder = view.resolve(directory);
  if (folder === undefined) throw new EngineError('not-found', toText(directory), 'there is no such folder');
  if (folder.type !== 'dir')
    throw new EngineError('not-a-directory', toText(directory), `it is of type ${folder.type}`);
  return folder.path;
}

/** Gives files their names, one after another. */
class Placing {
  readonly #upper: UpperLayer;
  readonly #directory: LayerPath;
  readonly #owner: CopyInRequest['owner'];
  /** Folders that were made, and the times they are to have. */
  readonly #made: { readonly path: LayerPath; readonly mtime: string | undefined }[] = [];

  constructor(upper: UpperLayer, directory: LayerPath, owner: CopyInRequest['owner']) {
    this.#upper = upper;
    this.#directory = directory;
    this.#owner = owner;
  }

  put({ file, start, end }: PackedFile, pack: readonly Piece[]): void {
    const path = this.#pathOf(file.name);
    if (path === this.#directory || file.hardlinkTo === file.name) return;
    this.#makeParents(path);
    if (this.#clear(path, file) === 'keep') return;
    this.#make(path, file, cutPieces(pack, start, end));
    if (file.type === 'dir') this.#made.push({ path, mtime: file.mtime });
    else this.#setTime(path, file.mtime);
  }

  /** Last, because what is made in a folder changes its time. */
  finish(): void {
    for (const { path, mtime } of this.#made) this.#setTime(path, mtime);
  }

  #pathOf(name: string): LayerPath {
    return name === '' ? this.#directory : joinPath(this.#directory, byteName(name));
  }

  /** Tars need not list the folders on the way. */
  #makeParents(path: LayerPath): void {
    let at = rootPath;
    for (const name of splitPath(parentPath(path))) {
      at = joinPath(at, name);
      if (this.#upper.view.lookup(at) === undefined) this.#upper.mkdir(at);
    }
  }

  /** Makes room for a file; a folder that is there stays. */
  #clear(path: LayerPath, { type }: IncomingFile): 'free' | 'keep' {
    const there = this.#upper.view.lookup(path);
    if (there === undefined) return 'free';
    if (there.type === 'dir' && type === 'dir') return 'keep';
    if (there.type === 'dir')
      throw new EngineError(
        'already-exists',
        toText(path),
        'a folder is there, and would be replaced by a file',
      );
    if (type === 'dir')
      throw new EngineError('already-exists', toText(path), 'it is there, and is no folder');
    this.#upper.unlink(path);
    return 'free';
  }

  #make(path: LayerPath, file: IncomingFile, content: readonly Piece[]): void {
    const upper = this.#upper;
    const attributes = this.#attributesOf(file);
    if (file.hardlinkTo !== undefined) upper.link(this.#pathOf(file.hardlinkTo), path);
    else if (file.type === 'dir') upper.mkdir(path, attributes);
    else if (file.type === 'symlink') upper.symlink(path, file.linkTarget ?? baseName(path), attributes);
    else if (file.type === 'file') upper.writeFile(path, spread(file, content), attributes);
    else if (file.type === 'fifo') upper.makeNode(path, { type: 'fifo' }, attributes);
    else upper.makeNode(path, { type: file.type, device: file.device }, attributes);
    if (file.type === 'file' || file.type === 'dir')
      for (const [name, value] of file.xattrs ?? []) upper.setXattr(path, name, value);
  }

  #attributesOf({ mode, uid, gid }: IncomingFile): { mode: number; uid: number; gid: number } {
    return this.#owner === 'root' ? { mode, uid: 0, gid: 0 } : { mode, uid, gid };
  }

  #setTime(path: LayerPath, mtime: string | undefined): void {
    if (mtime !== undefined) this.#upper.utimes(path, mtime, 'keep');
  }
}

/** A sparse file's bytes where they belong, zeros between them. */
function spread({ sparse }: IncomingFile, content: readonly Piece[]): readonly Piece[] {
  if (sparse === undefined) return content;
  const pieces: Piece[] = [];
  let [at, stored] = [0, 0];
  const fill = (to: number): void => {
    if (to > at) pieces.push({ from: 'zeros', length: to - at });
    at = to;
  };
  for (const [offset, length] of sparse.map) {
    fill(offset);
    pieces.push(...cutPieces(content, stored, stored + length));
    stored += length;
    at += length;
  }
  fill(sparse.size);
  return pieces;
}
