import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { EngineError, type FailureCode, isEngineError, toEngineError } from '../base/errors.ts';
import { type LayerPath, parentPath, rootPath, toText } from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { RootfsEntry, UnionView } from '../rootfs/rootfs.ts';
import { systemCodeOf } from '../store/disk.ts';
import { hostName } from './hostName.ts';

export interface ExportRequest {
  readonly view: UnionView;
  /** What to write: a directory with all below it, or one entry; the root's contents for `/`. */
  readonly path: LayerPath;
  /** A folder the user chose, which must exist. The entry is written into it. */
  readonly destination: string;
  /** What the entry is called there: its own name when left out, else one that the user chose. */
  readonly name?: string;
  /** Whether only what is in the directory is written. */
  readonly isContents?: boolean;
  /** Whether files and links that are there are replaced; else what is there stays, and is told. */
  readonly replaces?: boolean;
  /** A file's bytes. */
  readonly read: (file: RootfsEntry, options?: CallOptions) => AsyncIterable<Uint8Array>;
  /** Whose rules names have to follow. Default: this machine's. */
  readonly platform?: NodeJS.Platform;
}

/**
 * Writes files under names taken from an image: the only code that does. It writes only below the destination, and
 * cannot be led out of it:
 *
 * - every name is checked (`hostName`), and no path is taken over whole;
 * - nothing that exists is opened or followed; a directory is entered only when it is a directory itself;
 * - what exists is replaced only when that is asked for, by something made beside it, and never a directory;
 * - links are made last, so that none of them is there while anything else is written.
 *
 * Permissions are those of the image without set-user and the like, and always let the owner read and remove; owners
 * and extended attributes are not set. Devices and pipes are left out.
 *
 * @returns what was left out, and why.
 * @throws EngineError `not-found` when the image has no such path; `already-exists` when the destination has it; `denied`,
 *   `no-space`, `cancelled`: what was written by then stays.
 */
export async function exportTree(
  request: ExportRequest,
  options: CallOptions = {},
): Promise<readonly Problem[]> {
  const { view, path, destination } = request;
  const entry = view.lookup(path);
  if (entry === undefined) throw new EngineError('not-found', toText(path), 'the image does not have it');
  try {
    // What the user chose may be a link; from there on no link is followed.
    return await new TreeExport(request, Buffer.from(await fs.realpath(destination)), options).run(entry);
  } catch (error) {
    throw toEngineError(error, destination);
  }
}

class TreeExport {
  readonly #request: ExportRequest;
  readonly #root: Buffer;
  readonly #options: CallOptions;
  readonly #problems: Problem[] = [];
  readonly #links: { readonly entry: RootfsEntry; readonly at: Buffer }[] = [];
  readonly #directories: { readonly entry: RootfsEntry; readonly at: Buffer }[] = [];
  /** The directories from the top down to where the walk is. */
  readonly #entered: { readonly path: LayerPath; readonly at: Buffer }[] = [];
  /** Where files with several names were written, by inode. */
  readonly #inodes = new Map<string, Buffer>();
  #top: LayerPath = rootPath;
  #done = 0;

  constructor(request: ExportRequest, root: Buffer, options: CallOptions) {
    this.#request = request;
    this.#root = root;
    this.#options = options;
  }

  async run(top: RootfsEntry): Promise<readonly Problem[]> {
    this.#top = top.path;
    await this.#requireAbsent(top);
    const isWritten = await this.#write(top);
    if (isWritten && top.type === 'dir') await this.#writeBelow(top);
    for (const { entry, at } of this.#links) await this.#link(entry, at);
    // Last, because what is written into a directory changes its time.
    for (const { entry, at } of this.#directories.reverse()) await setTime(at, entry);
    return this.#problems;
  }

  async #writeBelow(top: RootfsEntry): Promise<void> {
    let skipped = '';
    for (const entry of this.#request.view.walk(top.path)) {
      if (this.#options.signal?.aborted === true)
        throw new EngineError('cancelled', toText(entry.path), 'cancelled');
      if (skipped !== '' && entry.path.startsWith(skipped)) continue;
      const isWritten = await this.#write(entry);
      skipped = isWritten || entry.type !== 'dir' ? '' : `${entry.path}/`;
    }
  }

  /** Whether the entry is there now, or will be. */
  async #write(entry: RootfsEntry): Promise<boolean> {
    const at = this.#placeOf(entry);
    if (at === undefined) return false;
    try {
      return await this.#writeAt(entry, at);
    } catch (error) {
      if (!isTheEntrys(error)) throw error;
      return this.#leaveOut(entry, reasonOf(error));
    }
  }

  async #writeAt(entry: RootfsEntry, at: Buffer): Promise<boolean> {
    switch (entry.type) {
      case 'dir':
        return this.#directory(entry, at);
      case 'file':
        await this.#file(entry, at);
        return true;
      case 'symlink':
        this.#links.push({ entry, at });
        return true;
      case 'char':
      case 'block':
      case 'fifo':
        return this.#leaveOut(entry, entry.type === 'fifo' ? 'it is a pipe' : 'it is a device');
    }
  }

  async #directory(entry: RootfsEntry, at: Buffer): Promise<boolean> {
    if (await isMade(at, entry.mode)) this.#directories.push({ entry, at });
    else if (!(await fs.lstat(at)).isDirectory()) return this.#leaveOut(entry, 'something else is there');
    this.#entered.push({ path: entry.path, at });
    return true;
  }

  async #file(entry: RootfsEntry, at: Buffer): Promise<void> {
    const inode = this.#inodeOf(entry);
    const other = this.#inodes.get(inode);
    if (other !== undefined && (await this.#isLinked(other, at))) return;
    await this.#newFile(entry, at);
    this.#inodes.set(inode, at);
  }

  /** O_EXCL: made here, or not at all. A file that cannot be written whole is not left behind. */
  async #newFile(entry: RootfsEntry, to: Buffer): Promise<void> {
    const at = this.#draftFor(to);
    const file = await fs.open(at, createNew, 0o600);
    try {
      for await (const bytes of this.#request.read(entry, this.#options)) {
        await file.writeFile(bytes);
        this.#done += bytes.length;
        this.#options.onProgress?.({ subject: toText(entry.path), done: this.#done });
      }
      await file.chmod((entry.mode & 0o777) | 0o600);
    } catch (error) {
      await fs.unlink(at).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    await setTime(at, entry);
    await putInPlace(at, to);
  }

  /** Where something is made: at its place, or beside what it is to replace. */
  #draftFor(at: Buffer): Buffer {
    return this.#request.replaces === true ? draftBeside(at) : at;
  }

  async #link(entry: RootfsEntry, to: Buffer): Promise<void> {
    const at = this.#draftFor(to);
    try {
      await fs.symlink(Buffer.from(entry.linkTarget ?? '', 'latin1'), at);
      await setTime(at, entry);
      await putInPlace(at, to);
    } catch (error) {
      if (!isTheEntrys(error) && codeOf(error) !== 'EPERM') throw error;
      this.#leaveOut(entry, reasonOf(error));
    }
  }

  /** Another name for a file written before; false where the file system has no such thing, and a copy has to do. */
  async #isLinked(existing: Buffer, to: Buffer): Promise<boolean> {
    const at = this.#draftFor(to);
    if (!(await isLinked(existing, at))) return false;
    await putInPlace(at, to);
    return true;
  }

  #inodeOf({ contentLayer, contentNode }: RootfsEntry): string {
    const index = this.#request.view.layers[contentLayer];
    return `${contentLayer} ${index === undefined ? contentNode : index.inode(contentNode)}`;
  }

  /** Built of checked names only; undefined when the entry's own cannot be used here. */
  #placeOf(entry: RootfsEntry): Buffer | undefined {
    if (entry.path === this.#top) {
      if (entry.path === rootPath || this.#request.isContents === true) return this.#root;
      if (this.#request.name !== undefined) return this.#chosenPlace(this.#request.name);
    }
    const own = hostName(entry.name, this.#request.platform);
    if (own.kind === 'name') return Buffer.concat([this.#parentOf(entry), separator, own.bytes]);
    this.#leaveOut(entry, own.reason);
    return undefined;
  }

  #chosenPlace(name: string): Buffer {
    if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
      throw new EngineError('invalid-path', name, 'it is no name');
    return Buffer.concat([this.#root, separator, Buffer.from(name)]);
  }

  /** The tree is walked depth first, so the parent is the last directory that was entered and not yet left. */
  #parentOf({ path }: RootfsEntry): Buffer {
    const parent = parentPath(path);
    while (this.#entered.length > 0 && this.#entered.at(-1)?.path !== parent) this.#entered.pop();
    return this.#entered.at(-1)?.at ?? this.#root;
  }

  async #requireAbsent(top: RootfsEntry): Promise<void> {
    const { isContents, replaces } = this.#request;
    const isPlaced = top.path === rootPath || isContents === true || replaces === true;
    const at = isPlaced ? undefined : this.#placeOf(top);
    if (at !== undefined && (await fs.lstat(at).catch(() => undefined)) !== undefined)
      throw new EngineError('already-exists', this.#request.destination, `it has ${toText(top.name)}`);
  }

  #leaveOut(entry: RootfsEntry, detail: string): false {
    this.#problems.push({ code: 'not-saved', subject: toText(entry.path), detail });
    return false;
  }
}

const separator = Buffer.from('/');

const createNew =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- undefined on Windows.
  (constants.O_NOFOLLOW ?? 0);

/** False when something is there already. */
async function isMade(at: Buffer, mode: number): Promise<boolean> {
  try {
    await fs.mkdir(at, { mode: (mode & 0o777) | 0o700 });
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Gives what was made beside its place that place. What is there goes, but not a directory.
 *
 * @throws the system's error `EISDIR` or the like; then what was made is gone.
 */
async function putInPlace(draft: Buffer, at: Buffer): Promise<void> {
  if (draft === at) return;
  try {
    await fs.rename(draft, at);
  } finally {
    // Two names of one file are left as they are by rename(2).
    await fs.unlink(draft).catch(() => undefined);
  }
}

/** A name that nobody else uses, in the same directory. */
function draftBeside(at: Buffer): Buffer {
  const directory = at.subarray(0, at.lastIndexOf('/') + 1);
  return Buffer.concat([directory, Buffer.from(`.lamina-${randomBytes(8).toString('hex')}`)]);
}

async function isLinked(existing: Buffer, at: Buffer): Promise<boolean> {
  try {
    await fs.link(existing, at);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    return false;
  }
}

/** Of the thing itself, never of what a link leads to. A time the file system cannot hold is left alone. */
async function setTime(at: Buffer, { mtime }: RootfsEntry): Promise<void> {
  const seconds = Number(mtime);
  if (mtime !== undefined && Number.isFinite(seconds))
    await fs.lutimes(at, seconds, seconds).catch(() => undefined);
}

/** Whether the failure concerns this entry only, and the others can still be written. */
function isTheEntrys(error: unknown): boolean {
  return isEngineError(error) ? damage.has(error.code) : namesFault.has(codeOf(error));
}

const damage: ReadonlySet<string> = new Set<FailureCode>([
  ...(['not-found', 'damaged', 'truncated', 'digest-mismatch', 'size-mismatch', 'unsupported'] as const),
  ...(['invalid-archive', 'limit-exceeded', 'too-large', 'not-a-file'] as const),
]);

const namesFault = new Set([
  'EEXIST',
  'EISDIR',
  'ENOTEMPTY',
  'ENAMETOOLONG',
  'EINVAL',
  'EILSEQ',
  'ENOTDIR',
  'ELOOP',
  'ENOENT',
]);

function reasonOf(error: unknown): string {
  if (codeOf(error) === 'EEXIST') return 'something of this name is there';
  if (codeOf(error) === 'EISDIR') return 'a directory of this name is there';
  return toEngineError(error, '').detail;
}

function codeOf(error: unknown): string {
  return systemCodeOf(error) ?? '';
}
