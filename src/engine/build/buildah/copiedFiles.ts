import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, type Stats } from 'node:fs';
import type { Pacer } from '../../base/abort.ts';
import { toEngineError } from '../../base/errors.ts';
import { type SummedFile, walkBelow } from '../classic/copySum.ts';
import type { SentContext } from '../classic/sentContext.ts';
import { deviceOf, tarTypeOf } from '../classic/tarSum.ts';
import { GoTarHash, type TarMember } from './goTar.ts';
import type { OwnerNames } from './ownerNames.ts';

/** How files are written when they are copied. */
export interface CopyRules {
  readonly names: OwnerNames;
  /** Undefined: each file keeps its own, and bits that set one too. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Permission bits of `--chmod`. */
  readonly mode?: number;
  /** Extended attributes of a path below the context, where they are known. */
  readonly attributes: (path: string) => ReadonlyMap<string, string>;
}

/** A file or directory of the context that a source stands for. */
export interface CopiedItem {
  /** Below the context; links are followed. */
  readonly path: string;
  /** The name in the image where it is one file. */
  readonly name: string;
}

export interface CopiedTar {
  /** SHA-256 of what buildah sends into the image, hex. */
  readonly digest: string;
  readonly files: readonly SummedFile[];
}

/** @throws EngineError `denied`, `not-found`, `io`; `cancelled`. */
export async function copiedTar(
  context: SentContext,
  { path, name }: CopiedItem,
  rules: CopyRules,
  pacer: Pacer,
): Promise<CopiedTar> {
  const writer = new CopyWriter(context, rules, pacer);
  if (context.nodeAt(path)?.kind !== 'directory') await writer.add(path, name);
  else
    for (const inside of walkBelow(context, path)) {
      const node = context.nodeAt(inside);
      const isLeftOut = node?.kind === 'directory' && !node.isSent;
      if (!isLeftOut) await writer.add(inside, path === '' ? inside : inside.slice(path.length + 1));
    }
  return writer.finish();
}

const block = { buffer: undefined as Buffer | undefined };

class CopyWriter {
  readonly #context: SentContext;
  readonly #rules: CopyRules;
  readonly #pacer: Pacer;
  readonly #tar = new GoTarHash();
  readonly #files: SummedFile[] = [];
  /** The first name of each file that has several. */
  readonly #links = new Map<string, string>();

  constructor(context: SentContext, rules: CopyRules, pacer: Pacer) {
    this.#context = context;
    this.#rules = rules;
    this.#pacer = pacer;
  }

  async add(path: string, name: string): Promise<void> {
    const stats = this.#context.statsAt(path);
    if (stats === undefined) return;
    const inode = `${stats.dev}:${stats.ino}`;
    const first = stats.isFile() ? this.#links.get(inode) : undefined;
    if (stats.isFile() && stats.nlink > 1 && first === undefined) this.#links.set(inode, name);
    const member = this.#memberOf(path, name, stats, first);
    this.#tar.add(member);
    const hash = createHash('sha256').update(JSON.stringify([member.type, member.mode, member.target]));
    if (member.type === '0') await this.#write(path, stats.size, hash);
    this.#files.push({ path, sum: hash.digest('hex') });
  }

  finish(): CopiedTar {
    return { digest: this.#tar.finish(), files: this.#files };
  }

  #memberOf(path: string, name: string, stats: Stats, first: string | undefined): TarMember {
    const { names, owner, mode, attributes } = this.#rules;
    const node = this.#context.nodeAt(path);
    return {
      name,
      type: first === undefined ? tarTypeOf(stats) : '1',
      mode: mode ?? stats.mode & (owner === undefined ? 0o7777 : 0o1777),
      uid: (owner ?? stats).uid,
      gid: (owner ?? stats).gid,
      userName: names.user(stats.uid),
      groupName: names.group(stats.gid),
      size: stats.isFile() && first === undefined ? stats.size : 0,
      target: node?.kind === 'link' ? node.target : (first ?? ''),
      device: deviceOf(stats),
      attributes: attributes(path),
    };
  }

  async #write(path: string, size: number, hash: ReturnType<typeof createHash>): Promise<void> {
    for (const bytes of this.#blocksOf(path, size)) {
      this.#tar.write(bytes);
      hash.update(bytes);
      const breath = this.#pacer.breathe();
      if (breath !== undefined) await breath;
    }
  }

  /** Of a file of this size, no more than that. */
  *#blocksOf(path: string, size: number): Generator<Uint8Array> {
    const buffer = (block.buffer ??= Buffer.allocUnsafe(256 * 1024));
    const file = this.#open(path);
    try {
      for (let left = size; left > 0;) {
        const read = readSync(file, buffer, 0, Math.min(left, buffer.length), null);
        if (read === 0) return;
        yield buffer.subarray(0, read);
        left -= read;
      }
    } finally {
      closeSync(file);
    }
  }

  #open(path: string): number {
    try {
      const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
      return openSync(this.#context.onDisk(path), flags);
    } catch (error) {
      throw toEngineError(error, Buffer.from(path, 'latin1').toString());
    }
  }
}
