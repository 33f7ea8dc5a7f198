import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { Pacer } from '../../base/abort.ts';
import { toEngineError } from '../../base/errors.ts';
import { type ByteName, byteName } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import { uploadedRoot } from '../contentKey/contentTree.ts';
import type { ContextDirectory, ContextNode, ContextProblem, FileVersion } from './contextFile.ts';
import { directoryDigestOf, hashFile, isSameVersion, versionOf } from './hashFile.ts';

/** What of a context is left out. Paths are below the context, with `/` between names, as text. */
export interface ContextFilter {
  isIgnored(path: string): boolean;
  /** Nothing in this ignored directory can be wanted again. */
  isSkipped(directory: string): boolean;
}

export interface ContextCounts {
  readonly files: number;
  /** Files whose bytes were read now. */
  readonly hashed: number;
  readonly hashedBytes: number;
}

/**
 * A build context on the disk, hashed as BuildKit counts it. Kept in memory by a worker: what was hashed once is hashed
 * again only when size, times, inode or mode say that it is another file.
 */
export class BuildContext {
  readonly #directory: Buffer;
  readonly #filter: ContextFilter;
  #root: ContextDirectory = { kind: 'directory', own: uploadedRoot, mode: 0, children: new Map() };
  #problems: readonly ContextProblem[] = [];

  /** @param known what an earlier run hashed, by path. */
  constructor(directory: string, filter: ContextFilter, known?: ContextDirectory) {
    this.#directory = Buffer.from(directory);
    this.#filter = filter;
    if (known !== undefined) this.#root = known;
  }

  /** As of the last look. Never changes: a later state is another tree. */
  get root(): ContextDirectory {
    return this.#root;
  }

  get problems(): readonly ContextProblem[] {
    return this.#problems;
  }

  /**
   * Looks at everything that is not ignored.
   *
   * @throws EngineError `not-found`, `denied` for the context itself; `cancelled`.
   */
  async scan(options: CallOptions = {}): Promise<ContextCounts> {
    const scan = new Scan(this.#directory, this.#filter, options);
    this.#root = await scan.run(this.#root);
    this.#problems = scan.problems;
    return scan.counts;
  }

  /** Looks at these paths alone, as after a save. They may be new, or gone, or whole directories. */
  async update(paths: readonly string[], options: CallOptions = {}): Promise<ContextCounts> {
    const scan = new Scan(this.#directory, this.#filter, options);
    const bytes = paths.map((path) => Buffer.from(path).toString('latin1'));
    for (const path of new Set(bytes)) this.#root = await scan.renew(this.#root, path);
    this.#problems = [...this.#problems.filter(({ path }) => !bytes.includes(path)), ...scan.problems];
    return scan.counts;
  }
}

/** One look at the disk. */
class Scan {
  readonly problems: ContextProblem[] = [];
  readonly #directory: Buffer;
  readonly #filter: ContextFilter;
  readonly #pacer: Pacer;
  #files = 0;
  #hashed = 0;
  #hashedBytes = 0;

  constructor(directory: Buffer, filter: ContextFilter, { signal, onProgress }: CallOptions) {
    this.#directory = directory;
    this.#filter = filter;
    const subject = directory.toString();
    this.#pacer = new Pacer(signal, subject, () => onProgress?.({ subject, done: this.#hashedBytes }));
  }

  get counts(): ContextCounts {
    return { files: this.#files, hashed: this.#hashed, hashedBytes: this.#hashedBytes };
  }

  async run(before: ContextDirectory): Promise<ContextDirectory> {
    try {
      const { mode } = lstatSync(this.#directory);
      const children = await this.#children('', before);
      return { kind: 'directory', own: uploadedRoot, mode: mode & 0o7777, children };
    } catch (error) {
      throw toEngineError(error, this.#directory.toString());
    }
  }

  /** The tree with one path looked at anew; directories on the way that are new are looked at whole. */
  async renew(root: ContextDirectory, path: string): Promise<ContextDirectory> {
    const changed = await this.#renewIn(root, '', path.split('/') as ByteName[]);
    return { ...changed, own: uploadedRoot };
  }

  async #renewIn(
    directory: ContextDirectory,
    at: string,
    [name, ...rest]: readonly ByteName[],
  ): Promise<ContextDirectory> {
    if (name === undefined || name === '') return directory;
    const path = at === '' ? name : `${at}/${name}`;
    const before = directory.children.get(name);
    const node =
      before?.kind === 'directory' && rest.length > 0
        ? await this.#renewIn(before, path, rest)
        : await this.#node(path, before);
    const children = new Map(directory.children);
    const isNew = node !== undefined && before === undefined;
    if (node === undefined) children.delete(name);
    else children.set(name, node);
    return { ...directory, children: isNew ? inByteOrder(children) : children };
  }

  async #children(at: string, before: ContextDirectory | undefined): Promise<ContextDirectory['children']> {
    const children = new Map<ByteName, ContextNode>();
    for (const name of this.#namesIn(at)) {
      const path = at === '' ? name : `${at}/${name}`;
      const node = await this.#node(path, before?.children.get(name));
      if (node !== undefined) children.set(name, node);
    }
    return children;
  }

  #namesIn(at: string): readonly ByteName[] {
    const names = readdirSync(this.#onDisk(at), { encoding: 'buffer' });
    return names.map((name) => byteName(name.toString('latin1'))).sort();
  }

  /** Undefined when nothing is there, or nothing that is wanted or can be read. */
  async #node(path: string, before: ContextNode | undefined): Promise<ContextNode | undefined> {
    const breath = this.#pacer.breathe();
    if (breath !== undefined) await breath;
    const text = Buffer.from(path, 'latin1').toString();
    const isIgnored = this.#filter.isIgnored(text);
    if (isIgnored && this.#filter.isSkipped(text)) return undefined;
    try {
      const stats = lstatSync(this.#onDisk(path));
      if (stats.isDirectory()) return await this.#directoryNode(path, stats, before, isIgnored);
      return isIgnored || stats.isSocket() ? undefined : this.#fileNode(path, stats, before);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      if (code !== 'ENOENT') this.problems.push({ path, code });
      return undefined;
    }
  }

  /** An ignored directory is there when something in it is wanted. */
  async #directoryNode(
    path: string,
    stats: Stats,
    before: ContextNode | undefined,
    isIgnored: boolean,
  ): Promise<ContextNode | undefined> {
    const children = await this.#children(path, before?.kind === 'directory' ? before : undefined);
    if (isIgnored && children.size === 0) return undefined;
    return { kind: 'directory', own: directoryDigestOf(stats), mode: stats.mode & 0o7777, children };
  }

  #fileNode(path: string, stats: Stats, before: ContextNode | undefined): ContextNode {
    this.#files++;
    const known = before !== undefined && before.kind !== 'directory' ? before : undefined;
    if (known !== undefined && isUnchanged(known.version, stats)) return known;
    const node = hashFile(this.#onDisk(path), stats);
    this.#hashed++;
    this.#hashedBytes += stats.isFile() ? stats.size : 0;
    return node;
  }

  #onDisk(path: string): Buffer {
    return Buffer.concat([this.#directory, Buffer.from(`/${path}`, 'latin1')]);
  }
}

function isUnchanged(before: FileVersion, stats: Stats): boolean {
  return isSameVersion(before, versionOf(stats));
}

function inByteOrder(children: ReadonlyMap<ByteName, ContextNode>): Map<ByteName, ContextNode> {
  return new Map([...children].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The system's code of a failure that concerns one path. */
function codeOf(error: unknown): string | undefined {
  const isSystem = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isSystem && /^E[A-Z]+$/.test(String(error.code)) ? String(error.code) : undefined;
}
