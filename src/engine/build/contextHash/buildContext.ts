import { headerDigest, uploadedRoot } from '../contentKey/contentTree.ts';
import type { Sha256 } from '../sha256.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import type { CallOptions } from '../../base/progress.ts';
import {
  type ContextDirectory,
  type ContextFile,
  type ContextLink,
  type ContextProblem,
  unsettled,
} from './contextFile.ts';
import { PathTree } from './pathTree.ts';
import type { ContextFilter } from './contextFilter.ts';
import { type ContextCounts, contextLimits, type ContextLimits, Scan } from './scan.ts';
import { pathsToLookAt } from './sourcePaths.ts';
import { newestOf, withXattrs } from './touchedFiles.ts';

export type { ContextFilter };

export interface BuildContextOptions {
  /** What an earlier run hashed: what is still the same file is not read. */
  readonly known?: ContextDirectory | undefined;
  readonly limits?: ContextLimits;
  /**
   * It is sent as a tar: its root counts, as a directory that BuildKit made, whatever its mode on the disk is, and extended
   * attributes are not sent.
   */
  readonly isTar?: boolean | undefined;
}

/**
 * A build context on the disk, hashed as BuildKit counts it. Kept in memory by a worker: what was hashed once is hashed
 * again only when size, times, inode or mode say that it is another file. Only what was asked for is looked at.
 */
export class BuildContext {
  readonly directory: Buffer;
  readonly #filter: ContextFilter;
  readonly #limits: ContextLimits;
  readonly #isTar: boolean;
  #looked = new PathTree();
  /** Of looks that were left: who asks again and again would else begin anew each time. */
  readonly #salvage = new Map<string, ContextFile | ContextLink>();
  readonly #known: ContextDirectory | undefined;
  #root: ContextDirectory;
  #problems: readonly ContextProblem[] = [];

  constructor(directory: string, filter: ContextFilter, options: BuildContextOptions = {}) {
    const { known, limits = contextLimits, isTar = false } = options;
    this.directory = Buffer.from(directory);
    this.#filter = filter;
    this.#limits = limits;
    this.#isTar = isTar;
    this.#root = { kind: 'directory', own: isTar ? tarRoot() : uploadedRoot, ...unseen };
    this.#known = known;
  }

  /** What was looked at, as it was then. Never changes: a later state is another tree. */
  get root(): ContextDirectory {
    return this.#root;
  }

  get problems(): readonly ContextProblem[] {
    return this.#problems;
  }

  /** Where a path below the context is on the disk. */
  onDisk(path: string): Buffer {
    return Buffer.concat([this.directory, Buffer.from(`/${path}`, 'latin1')]);
  }

  /**
   * Looks at everything that is not ignored.
   *
   * @throws EngineError `not-found`, `denied`, `not-a-directory` for the context itself; `limit-exceeded`; `cancelled`.
   */
  scan(options: CallOptions = {}): Promise<ContextCounts> {
    return this.#look([''], options);
  }

  /** Looks again at everything that was looked at. @throws EngineError as `scan`. */
  refresh(options: CallOptions = {}): Promise<ContextCounts> {
    return this.#look(this.#looked.under(''), options);
  }

  /**
   * Looks at what these sources read and that was not looked at yet, links followed. What matches a wildcard is found
   * anew each time.
   *
   * @throws EngineError as `scan`.
   */
  async reach(sources: readonly ContentSource[], options: CallOptions = {}): Promise<void> {
    for (let round = 0; round < mostLinks; round++) {
      const paths = pathsToLookAt(this, sources).filter((path) => !this.#looked.has(path));
      if (paths.length === 0) return;
      await this.#look(paths, options);
    }
  }

  /**
   * Looks at these paths alone, as after a save: those that were looked at, or lie in what was. They may be new, or gone,
   * or whole directories. @throws EngineError as `scan`.
   */
  update(paths: readonly string[], options: CallOptions = {}): Promise<ContextCounts> {
    const bytes = paths.map((path) => Buffer.from(path).toString('latin1'));
    return this.#look(
      bytes.flatMap((path) => (this.#looked.has(path) ? [path] : this.#looked.under(path))),
      options,
    );
  }

  async #look(paths: readonly string[], options: CallOptions): Promise<ContextCounts> {
    const looked = PathTree.of(this.#looked.under(''));
    for (const path of paths) looked.add(path);
    const parts = { directory: this.directory, filter: this.#filter, looked };
    const scan = new Scan({ ...parts, limits: this.#limits, salvage: this.#salvage }, options);
    const now = PathTree.of(paths);
    const root = await scan.run({ seen: this.#root, known: this.#known }, now);
    const touched = this.#isTar ? [] : [...scan.touched, ...newestOf(scan.fresh)];
    this.#root = await withXattrs(this, root, touched, options);
    this.#looked = looked;
    this.#salvage.clear();
    this.#problems = [...this.#problems.filter(({ path }) => !now.has(path)), ...scan.problems];
    return scan.counts;
  }
}

const unseen = { mode: 0, ctimeNs: unsettled, children: new Map() } as const;

function tarRoot(): Sha256 {
  return headerDigest({ type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 });
}

/** As many as are followed. */
const mostLinks = 255;
