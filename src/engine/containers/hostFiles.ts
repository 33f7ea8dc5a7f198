import { constants, type BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import { byteName } from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { FileAttributes } from '../rootfs/rootfs.ts';
import type { IncomingFile } from './incomingFile.ts';

export interface HostFilesRequest {
  /** A file or folder of this machine. */
  readonly path: string;
  /** What it is called where it goes, as bytes; empty for a folder whose contents go there. */
  readonly name: string;
  /** Whether what the path itself leads to is meant where it is a link; links below are always copied as links. */
  readonly followsLink: boolean;
  /** Told of what is left out: sockets, and names that vanished. */
  readonly onProblem: (problem: Problem) => void;
}

/**
 * A file of this machine, or a folder with all below it, depth first, names sorted by their bytes. Owners are those of
 * this machine. Files with several names come once, the others as links to it. Nothing is followed but what the request says.
 *
 * @throws EngineError `not-found`, `denied`, `cancelled`.
 */
export async function* hostFiles(
  request: HostFilesRequest,
  options: CallOptions = {},
): AsyncGenerator<IncomingFile> {
  yield* new HostWalk(request, options).files();
}

class HostWalk {
  readonly #request: HostFilesRequest;
  readonly #options: CallOptions;
  /** Names of files that have more of them, by device and inode. */
  readonly #names = new Map<string, string>();

  constructor(request: HostFilesRequest, options: CallOptions) {
    this.#request = request;
    this.#options = options;
  }

  async *files(): AsyncGenerator<IncomingFile> {
    const { path, name, followsLink } = this.#request;
    try {
      const at = Buffer.from(path);
      yield* this.#below(await placeAt(followsLink ? await fs.realpath(at, 'buffer') : at, name));
    } catch (error) {
      throw toEngineError(error, path);
    }
  }

  async *#below(place: Place): AsyncGenerator<IncomingFile> {
    const { at, name } = place;
    if (this.#options.signal?.aborted === true) throw new EngineError('cancelled', name, 'cancelled');
    const file = await this.#toIncoming(place);
    if (file !== undefined) yield file;
    if (file?.type !== 'dir') return;
    const names = (await fs.readdir(at, 'buffer')).sort((one, other) => Buffer.compare(one, other));
    // Several at once: of small files, most of the time is waiting for the disk's answer.
    for (let next = 0; next < names.length; next += atOnce) {
      const some = names.slice(next, next + atOnce);
      const places = await Promise.all(some.map((child) => placeIn(at, name, child)));
      for (const child of places) yield* this.#below(child);
    }
  }

  async #toIncoming({ at, name, stats, content }: Place): Promise<IncomingFile | undefined> {
    const type = typeOf(stats);
    if (type === undefined) {
      this.#request.onProblem({ code: 'not-saved', subject: at.toString(), detail: 'it is a socket' });
      return undefined;
    }
    const attributes = attributesOf(stats, type);
    if (type === 'symlink') {
      const linkTarget = byteName((await fs.readlink(at, 'buffer')).toString('latin1'));
      return { ...attributes, name, linkTarget, size: 0 };
    }
    if (type !== 'file') return { ...attributes, name, size: 0 };
    const first = this.#firstNameOf(stats, name);
    if (first !== undefined) return { ...attributes, name, hardlinkTo: first, size: 0 };
    return { ...attributes, name, size: Number(stats.size), content: content ?? contentOf(at) };
  }

  /** Undefined for the first name of a file, and for one that has no other. */
  #firstNameOf({ dev, ino, nlink }: BigIntStats, name: string): string | undefined {
    if (nlink < 2n) return undefined;
    const key = `${dev} ${ino}`;
    const first = this.#names.get(key);
    if (first === undefined) this.#names.set(key, name);
    return first;
  }
}

interface Place {
  readonly at: Buffer;
  readonly name: string;
  readonly stats: BigIntStats;
  /** Of a small file, read already. */
  readonly content?: AsyncIterable<Uint8Array>;
}

const atOnce = 32;
const smallBytes = 64n * 1024n;

function placeIn(directory: Buffer, directoryName: string, child: Buffer): Promise<Place> {
  const name = child.toString('latin1');
  const at = Buffer.concat([directory, separator, child]);
  return placeAt(at, directoryName === '' ? name : `${directoryName}/${name}`);
}

async function placeAt(at: Buffer, name: string): Promise<Place> {
  const stats = await fs.lstat(at, bigint);
  if (!stats.isFile() || stats.size > smallBytes) return { at, name, stats };
  const pieces: Uint8Array[] = [];
  const expected = Math.max(Number(stats.size), 4095);
  for await (const bytes of contentOf(at, expected)) pieces.push(bytes);
  return { at, name, stats, content: once(pieces) };
}

async function* once(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* pieces;
}

const separator = Buffer.from('/');
const bigint = { bigint: true } as const;

function attributesOf(stats: BigIntStats, type: FileAttributes['type']): FileAttributes {
  const isDevice = type === 'char' || type === 'block';
  return {
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: timeOf(stats.mtimeNs),
    ...(isDevice && { device: deviceOf(stats.rdev) }),
  };
}

/** Undefined for a socket, which no layer can hold. */
function typeOf(stats: BigIntStats): FileAttributes['type'] | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isCharacterDevice()) return 'char';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : undefined;
}

function timeOf(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${sign}${size / 1_000_000_000n}.${String(size % 1_000_000_000n).padStart(9, '0')}`;
}

/** As Linux packs them (makedev(3)). */
function deviceOf(rdev: bigint): { readonly major: number; readonly minor: number } {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

/**
 * Opened when it is asked for; a link that has taken the file's place meanwhile is not followed.
 *
 * @param expected bytes it had when it was looked at; one more is asked for, so that its end shows at once.
 */
async function* contentOf(at: Buffer, expected = pieceLength): AsyncGenerator<Uint8Array> {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- undefined on Windows.
  const file = await fs.open(at, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(pieceLength, expected + 1)));
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (bytesRead < buffer.length) return;
    }
  } finally {
    await file.close();
  }
}

const pieceLength = 256 * 1024;
