import { type BigIntStats, lstatSync, readdirSync, statSync } from 'node:fs';
import { Pacer } from '../../base/abort.ts';
import { EngineError, type FailureCode, toEngineError } from '../../base/errors.ts';
import { type ByteName, byteName } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import {
  type ContextDirectory,
  type ContextFile,
  type ContextLink,
  type ContextNode,
  type ContextProblem,
  unsettled,
} from './contextFile.ts';
import type { ContextFilter } from './contextFilter.ts';
import { isSameVersion, versionOf } from './fileVersion.ts';
import { directoryDigestOf, hashFile } from './hashFile.ts';
import { PathTree } from './pathTree.ts';

export interface ContextCounts {
  readonly files: number;
  /** Files whose bytes were read now. */
  readonly hashed: number;
  readonly hashedBytes: number;
}

/** More than any project has; a whole disk that was taken for a context has more. */
export const contextLimits = { entries: 2_000_000, bytes: 2 ** 38 };

export type ContextLimits = Readonly<typeof contextLimits>;

export interface ScanParts {
  /** Of the context. */
  readonly directory: Buffer;
  readonly filter: ContextFilter;
  /** Where a directory that is new is looked at whole. */
  readonly looked: PathTree;
  readonly limits: ContextLimits;
  /** What was hashed, for the next look when this one does not come to its end. */
  readonly salvage: Map<string, ContextFile | ContextLink>;
}

/** One look at the disk. */
export class Scan {
  readonly problems: ContextProblem[] = [];
  /** Files something was done to that left their bytes alone, and such as had extended attributes. */
  readonly touched: string[] = [];
  /** Files of which nothing was known. */
  readonly fresh: { readonly path: string; readonly ctimeNs: bigint }[] = [];
  readonly #parts: ScanParts;
  readonly #pacer: Pacer;
  #entries = 0;
  #directories = 0;
  #files = 0;
  #hashed = 0;
  #hashedBytes = 0;
  #wantedBytes = 0;
  #doneBytes = 0;
  /** Of the context. */
  #device: bigint | undefined;

  constructor(parts: ScanParts, { signal, onProgress }: CallOptions) {
    this.#parts = parts;
    const subject = parts.directory.toString();
    this.#pacer = new Pacer(signal, subject, () => onProgress?.({ subject, done: this.#doneBytes }));
  }

  get counts(): ContextCounts {
    return { files: this.#files, hashed: this.#hashed, hashedBytes: this.#hashedBytes };
  }

  /**
   * The tree with these paths as they are now.
   *
   * @throws EngineError `not-found`, `denied`, `not-a-directory` for the context itself; `limit-exceeded`; `cancelled`.
   */
  async run(
    before: { readonly seen: ContextDirectory; readonly known?: ContextDirectory | undefined },
    paths: PathTree,
  ): Promise<ContextDirectory> {
    try {
      const stats = statSync(this.#parts.directory, { bigint: true });
      this.#device = stats.dev;
      if (!stats.isDirectory()) throw this.#failure('not-a-directory', 'a context is a directory');
      const children = await this.#children('', before, paths);
      const now = this.#stateOf(stats);
      return isStill(before.seen, now, children) ? before.seen : { ...before.seen, ...now, children };
    } catch (error) {
      throw toEngineError(error, this.#parts.directory.toString());
    }
  }

  async #children(
    at: string,
    before: Before<ContextDirectory>,
    paths: PathTree,
  ): Promise<ContextDirectory['children']> {
    return paths.isWhole ? this.#allChildren(at, before, paths) : this.#someChildren(at, before, paths);
  }

  async #allChildren(
    at: string,
    before: Before<ContextDirectory>,
    paths: PathTree,
  ): Promise<ContextDirectory['children']> {
    const children = new Map<ByteName, ContextNode>();
    for (const name of this.#namesIn(at)) {
      const breath = this.#pacer.breathe();
      if (breath !== undefined) await breath;
      const found = this.#node(join(at, name), childOf(before, name), paths);
      // Waiting for what is there already would cost a turn for each file.
      const node = found instanceof Promise ? await found : found;
      if (node !== undefined) children.set(name, node);
    }
    return children;
  }

  /** What was known of the others stays. */
  async #someChildren(
    at: string,
    before: Before<ContextDirectory>,
    paths: PathTree,
  ): Promise<ContextDirectory['children']> {
    const children = new Map(before.seen?.children);
    let hasNew = false;
    for (const [name, below] of paths.children) {
      const node = await this.#node(join(at, name), childOf(before, name), below);
      hasNew ||= node !== undefined && !children.has(name);
      if (node === undefined) children.delete(name);
      else children.set(name, node);
    }
    return hasNew ? inByteOrder(children) : children;
  }

  #namesIn(at: string): readonly ByteName[] {
    const names = readdirSync(this.#onDisk(at), { encoding: 'buffer' });
    return names.map((name) => byteName(name.toString('latin1'))).sort();
  }

  /** Undefined when nothing is there, or nothing that is wanted or can be read. */
  #node(path: string, before: Before<ContextNode>, paths: PathTree): Found {
    if (++this.#entries > this.#parts.limits.entries)
      throw this.#failure(
        'limit-exceeded',
        `more than ${this.#parts.limits.entries} files that are not ignored`,
      );
    const text = Buffer.from(path, 'latin1').toString();
    const isIgnored = this.#parts.filter.isIgnored(text);
    if (isIgnored && this.#parts.filter.isSkipped(text)) return undefined;
    try {
      const found = this.#look(path, before, paths, isIgnored);
      if (!(found instanceof Promise)) return found;
      return found.catch((error: unknown) => {
        this.#note(path, error);
        return undefined;
      });
    } catch (error) {
      this.#note(path, error);
      return undefined;
    }
  }

  #look(path: string, before: Before<ContextNode>, paths: PathTree, isIgnored: boolean): Found {
    const stats = lstatSync(this.#onDisk(path), { bigint: true });
    if (stats.isDirectory()) return this.#directoryNode(path, stats, before, paths, isIgnored);
    // A path below a file may be told of, as where a directory gave place to the file.
    const isWanted = paths.isWhole || stats.isSymbolicLink() || this.#parts.looked.has(path);
    return isIgnored || stats.isSocket() || !isWanted ? undefined : this.#fileNode(path, stats, before);
  }

  /** What is gone meanwhile is not there; what cannot be read is a problem of its own. */
  #note(path: string, error: unknown): void {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') this.problems.push({ path, code });
  }

  /** An ignored directory is there when something in it is wanted. */
  async #directoryNode(
    path: string,
    stats: BigIntStats,
    before: Before<ContextNode>,
    paths: PathTree,
    isIgnored: boolean,
  ): Promise<ContextNode | undefined> {
    const seen = directoryOf(before.seen);
    const isNew = seen === undefined && this.#parts.looked.has(path);
    const directories = { seen, known: directoryOf(before.known) };
    // Deep trees would take all of the stack if nothing was ever waited for.
    if (++this.#directories % 64 === 0) await Promise.resolve();
    const children = await this.#children(path, directories, isNew ? whole : paths);
    if (isIgnored && children.size === 0) return undefined;
    const now = this.#stateOf(stats);
    // The same object is the same tree, whose digest is known.
    if (seen !== undefined && isStill(seen, now, children)) return seen;
    return { kind: 'directory', own: directoryDigestOf(stats), ...now, children };
  }

  /** Another file system may keep times by another clock. */
  #stateOf({ mode, ctimeNs, dev }: BigIntStats): Pick<ContextDirectory, 'mode' | 'ctimeNs'> {
    return { mode: Number(mode) & 0o7777, ctimeNs: dev === this.#device ? ctimeNs : unsettled };
  }

  #fileNode(path: string, stats: BigIntStats, before: Before<ContextNode>): Found {
    this.#files++;
    const version = versionOf(stats);
    for (const one of [before.seen, before.known, this.#parts.salvage.get(path)])
      if (one !== undefined && one.kind !== 'directory' && isSameVersion(one.version, version)) return one;
    if (stats.isFile()) this.#wantedBytes += version.size;
    if (this.#wantedBytes > this.#parts.limits.bytes)
      throw this.#failure(
        'limit-exceeded',
        `more than ${this.#parts.limits.bytes} bytes that are not ignored`,
      );
    const hashed = hashFile(this.#onDisk(path), stats, (bytes) => {
      this.#doneBytes += bytes;
      return this.#pacer.breathe();
    });
    const last = before.seen ?? before.known;
    if (hashed instanceof Promise) return hashed.then((node) => this.#count(path, node, last, stats.ctimeNs));
    this.#doneBytes += hashed.version.size;
    return this.#count(path, hashed, last, stats.ctimeNs);
  }

  #count(
    path: string,
    node: ContextFile | ContextLink,
    last: ContextNode | undefined,
    ctimeNs: bigint,
  ): ContextNode {
    this.#hashed++;
    this.#parts.salvage.set(path, node);
    if (node.kind === 'file' && last?.kind === 'file' && isTouched(last, node)) this.touched.push(path);
    if (node.kind !== 'file') return node;
    if (last?.kind !== 'file') this.fresh.push({ path, ctimeNs });
    this.#hashedBytes += node.version.size;
    return node;
  }

  #onDisk(path: string): Buffer {
    return path === ''
      ? this.#parts.directory
      : Buffer.concat([this.#parts.directory, Buffer.from(`/${path}`, 'latin1')]);
  }

  #failure(code: FailureCode, detail: string): EngineError {
    return new EngineError(code, this.#parts.directory.toString(), detail);
  }
}

/** A time that was not believed says nothing. */
function isTouched(last: ContextFile, { own, version }: ContextFile): boolean {
  const isReadAgain = last.version.ctimeNs === unsettled && last.version.mtimeNs === version.mtimeNs;
  return last.hasXattrs === true || (last.own === own && !isReadAgain);
}

/** What a path came to, at once where it can be. */
type Found = ContextNode | undefined | Promise<ContextNode | undefined>;

const whole = PathTree.of(['']);

/** What stands for a path from an earlier look, and from an earlier session. */
interface Before<Node> {
  readonly seen?: Node | undefined;
  readonly known?: Node | undefined;
}

function childOf({ seen, known }: Before<ContextDirectory>, name: ByteName): Before<ContextNode> {
  return { seen: seen?.children.get(name), known: known?.children.get(name) };
}

function directoryOf(node: ContextNode | undefined): ContextDirectory | undefined {
  return node?.kind === 'directory' ? node : undefined;
}

function join(at: string, name: ByteName): string {
  return at === '' ? name : `${at}/${name}`;
}

function isStill(
  before: ContextDirectory,
  { mode, ctimeNs }: Pick<ContextDirectory, 'mode' | 'ctimeNs'>,
  children: ContextDirectory['children'],
): boolean {
  return before.mode === mode && before.ctimeNs === ctimeNs && hasSame(before.children, children);
}

function hasSame(before: ContextDirectory['children'], now: ContextDirectory['children']): boolean {
  if (before.size !== now.size) return false;
  for (const [name, node] of now) if (before.get(name) !== node) return false;
  return true;
}

function inByteOrder(children: ReadonlyMap<ByteName, ContextNode>): Map<ByteName, ContextNode> {
  return new Map([...children].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The system's code of a failure that concerns one path. */
function codeOf(error: unknown): string | undefined {
  const isSystem = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isSystem && /^E[A-Z]+$/.test(String(error.code)) ? String(error.code) : undefined;
}
