import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { paddingAfter, tarEnd } from '../../archive/tarHeader.ts';
import { EngineError, toEngineError } from '../../base/errors.ts';
import type { IgnoreRules } from '../../build/ignorefile/ignoreRules.ts';
import { type TarEntryHead, tarHeader } from '../../snapshots/layerTarHeader.ts';

export interface ContextTarRequest {
  /** Absolute. */
  readonly directory: string;
  readonly rules: IgnoreRules;
  /** Files that are sent besides, by their names: the Dockerfile, when it lies elsewhere or is ignored. */
  readonly added: ReadonlyMap<string, Uint8Array>;
  /** Writes the type of a file into its mode too, as docker's archiver does: the classic builder of old engines counts it. */
  readonly hasTypeInMode: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A build context as a tar, made while it is read: what the ignore file leaves, names in byte order, owners root's, as
 * docker's clients send a folder. There is no entry for the folder itself, whose mode would count (build-cache.md §0.4).
 * Links are not followed; sockets and what vanishes meanwhile are left out.
 *
 * @throws EngineError `not-found`, `denied`, `changed` for a file that grows shorter; `cancelled`.
 */
export async function* contextTar(request: ContextTarRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* new ContextWalk(request).below('');
    for (const [name, bytes] of request.added) {
      yield tarHeader({ ...rootOwned, name, type: 'file', mode: 0o644, size: bytes.length });
      yield bytes;
      yield paddingAfter(bytes.length);
    }
    yield tarEnd;
  } catch (error) {
    throw toEngineError(error, request.directory);
  }
}

const rootOwned = { uid: 0, gid: 0 } as const;

class ContextWalk {
  readonly #request: ContextTarRequest;
  readonly #root: Buffer;

  constructor(request: ContextTarRequest) {
    this.#request = request;
    this.#root = Buffer.from(request.directory);
  }

  /** @param at bytes as characters; empty for the context itself. */
  async *below(at: string): AsyncGenerator<Uint8Array> {
    const names = await fs.readdir(this.#onDisk(at), { encoding: 'buffer' });
    for (const name of names.map((bytes) => bytes.toString('latin1')).sort()) {
      if (this.#request.signal?.aborted === true) throw new EngineError('cancelled', at, 'cancelled');
      yield* this.#entry(at === '' ? name : `${at}/${name}`);
    }
  }

  async *#entry(path: string): AsyncGenerator<Uint8Array> {
    const text = Buffer.from(path, 'latin1').toString();
    const isIgnored = this.#request.rules.isIgnored(text);
    if (isIgnored && this.#request.rules.isSkipped(text)) return;
    const stats = await unlessGone(fs.lstat(this.#onDisk(path)));
    if (stats === undefined || stats.isSocket()) return;
    if (!stats.isDirectory()) {
      if (!isIgnored) yield* this.#file(path, stats);
      return;
    }
    // An ignored folder is sent when something in it is.
    let isSent = !isIgnored;
    if (isSent) yield this.#header(`${path}/`, stats, { type: 'dir' });
    for await (const bytes of this.below(path)) {
      if (!isSent) yield this.#header(`${path}/`, stats, { type: 'dir' });
      isSent = true;
      yield bytes;
    }
  }

  async *#file(path: string, stats: Stats): AsyncGenerator<Uint8Array> {
    if (stats.isSymbolicLink()) {
      const target = await fs.readlink(this.#onDisk(path), 'buffer');
      yield this.#header(path, stats, { type: 'symlink', linkName: target.toString('latin1') });
    } else if (stats.isFile()) yield* this.#regular(path, stats);
    else {
      const device = {
        major: (stats.rdev >> 8) & 0xfff,
        minor: (stats.rdev & 0xff) | ((stats.rdev >> 12) & 0xfff00),
      };
      yield this.#header(path, stats, {
        type: stats.isFIFO() ? 'fifo' : stats.isCharacterDevice() ? 'char' : 'block',
        device,
      });
    }
  }

  async *#regular(path: string, { mtimeMs }: Stats): AsyncGenerator<Uint8Array> {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    await using file = await fs.open(this.#onDisk(path), flags);
    const stats = await file.stat();
    if (!stats.isFile()) return;
    yield this.#header(path, { mode: stats.mode, mtimeMs }, { type: 'file', size: stats.size });
    let left = stats.size;
    while (left > 0) {
      const block = Buffer.allocUnsafe(Math.min(left, blockBytes));
      const { bytesRead } = await file.read(block, 0, block.length);
      if (bytesRead === 0) throw new EngineError('changed', path, 'it has become shorter while it was sent');
      yield block.subarray(0, bytesRead);
      left -= bytesRead;
    }
    yield paddingAfter(stats.size);
  }

  #header(
    name: string,
    { mode, mtimeMs }: Pick<Stats, 'mode' | 'mtimeMs'>,
    rest: Pick<TarEntryHead, 'type'> & Partial<TarEntryHead>,
  ): Uint8Array {
    const mtime = String(Math.floor(mtimeMs / 1000));
    return tarHeader({
      ...rootOwned,
      name,
      mode: this.#request.hasTypeInMode ? mode : mode & 0o7777,
      mtime,
      size: 0,
      ...rest,
    });
  }

  #onDisk(path: string): Buffer {
    return path === '' ? this.#root : Buffer.concat([this.#root, Buffer.from(`/${path}`, 'latin1')]);
  }
}

const blockBytes = 256 * 1024;

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (toEngineError(error, '').code === 'not-found') return undefined;
    throw error;
  });
}
