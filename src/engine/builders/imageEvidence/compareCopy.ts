import { type LayerPath, toText } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { PathDifference } from '../../build/cache/cacheReport.ts';
import type { SelectedFile } from '../../build/cache/contextView.ts';
import type { CopyStep } from '../../build/plan/buildPlan.ts';
import type { LayerChange, RootfsEntry, UnionView } from '../../rootfs/rootfs.ts';
import { type ExpectedFile, type ExpectedFiles, expectedFiles } from './expectedFiles.ts';
import { type OwnerIds, ownerIds } from './fileOwners.ts';
import type { LayerFiles } from './layerFiles.ts';

/** How what a COPY would write now differs from what one layer holds. */
export interface CopyComparison {
  /** Those that the builder is sure to see. */
  readonly seen: readonly PathDifference[];
  /** Those that it may not: bytes of one size and time, and the modes of directories (build-cache.md §1.2). */
  readonly unseen: readonly PathDifference[];
  /** What of the context counts, and cannot be read from the layer. */
  readonly hidden: readonly Hidden[];
  /** Directories whose contents were copied: no layer shows what they themselves were. */
  readonly tops: readonly ExpectedFile[];
}

/**
 * Modes under `--chmod` and of the directory that is copied, owners by a name that is not known, files too large to be read,
 * archives that were unpacked, names that wildcards matched, files in whose place others were put.
 */
export type Hidden =
  | 'modes'
  | 'directory-mode'
  | 'owners'
  | 'bytes'
  | 'archive'
  | 'nothing-copied'
  | 'names'
  | 'files'
  | 'xattrs';

/** Compares the files that a COPY or ADD from the context would write with the layer that it once made. */
export async function compareCopy(
  copy: CopyStep,
  selected: readonly SelectedFile[],
  layer: number,
  layers: LayerFiles,
  options?: CallOptions,
): Promise<CopyComparison> {
  const below = await layers.rootfs(layer - 1, options);
  const above = await layers.rootfs(layer, options);
  const owner = copy.owner && (await ownerIds(copy.owner, below, layers, options));
  const expected = expectedFiles(copy, selected, below);
  const changes = await layers.changes(layer, options);
  const comparison = new Comparison(copy, expected, owner ?? (copy.owner ? undefined : root), above);
  comparison.lookForRemoved(changes);
  comparison.lookAtExpected(layer);
  await comparison.compareBytes(layers, options);
  return comparison;
}

const root: OwnerIds = { uid: 0, gid: 0 };

interface Pair {
  readonly expected: ExpectedFile;
  readonly entry: RootfsEntry;
}

class Comparison implements CopyComparison {
  readonly seen: PathDifference[] = [];
  readonly unseen: PathDifference[] = [];
  readonly tops: ExpectedFile[] = [];
  readonly #hidden = new Set<Hidden>();
  readonly #copy: CopyStep;
  readonly #expected: ExpectedFiles;
  readonly #owner: OwnerIds | undefined;
  readonly #above: UnionView | undefined;
  /** Files of one size, whose bytes decide. */
  readonly #pairs: Pair[] = [];

  constructor(
    copy: CopyStep,
    expected: ExpectedFiles,
    owner: OwnerIds | undefined,
    above: UnionView | undefined,
  ) {
    this.#copy = copy;
    this.#expected = expected;
    this.#owner = owner;
    this.#above = above;
    if (copy.mode !== undefined) this.#hidden.add('modes');
    if (owner === undefined) this.#hidden.add('owners');
    if (expected.files.size === 0) this.#hidden.add('nothing-copied');
    if (expected.hidesNames) this.#hidden.add('names');
    if (expected.hidesFiles) this.#hidden.add('files');
  }

  get hidden(): readonly Hidden[] {
    return [...this.#hidden];
  }

  /** What the layer lists and would not be copied: it was, and is gone. Directories on the way are listed for their times. */
  lookForRemoved(changes: readonly LayerChange[]): void {
    const parents = parentsOf(this.#expected);
    for (const { path, kind, isOwn, entry } of changes) {
      if (!isOwn || this.#expected.files.has(path)) continue;
      if (entry?.type === 'dir' && parents.has(path)) continue;
      if (kind === 'removed' && this.#isReplaced(path)) continue;
      if (this.#mayBeUnpacked()) this.#hidden.add('archive');
      else this.seen.push({ path: this.#nameOf(path), change: 'removed' });
    }
  }

  lookAtExpected(layer: number): void {
    for (const [path, expected] of this.#expected.files) {
      const entry = this.#above?.lookup(path);
      if (expected.isTop) this.tops.push(expected);
      else if (entry === undefined) this.#missing(expected);
      else {
        if (entry.layer < layer) this.#notInLayer(expected, entry);
        this.#compare({ expected, entry });
      }
    }
  }

  #missing({ from, file }: ExpectedFile): void {
    if (this.#copy.kind === 'add' && file.type === 'file') this.#hidden.add('archive');
    else this.seen.push({ path: from, change: 'added' });
  }

  /** What was there just so, its time included, may be left out of a layer. */
  #notInLayer(expected: ExpectedFile, entry: RootfsEntry): void {
    if (expected.file.type === 'directory') this.unseen.push({ path: expected.from, change: 'added' });
    else if (!isOfSameTime(expected.file, entry)) this.#missing(expected);
  }

  #compare({ expected, entry }: Pair): void {
    const { file, from } = expected;
    const differs = (change: PathDifference['change']): number => this.seen.push({ path: from, change });
    if (typeOf(entry) !== file.type) return void differs('type');
    if (file.type === 'link' && entry.linkTarget !== file.target) return void differs('link');
    this.#compareAttributes(expected, entry);
    if (file.type !== 'file') return;
    if (file.hasXattrs === true) this.#hidden.add('xattrs');
    if (entry.size !== file.size) return void differs('content');
    this.#pairs.push({ expected, entry });
  }

  #compareAttributes({ file, from }: ExpectedFile, entry: RootfsEntry): void {
    const owner = this.#owner;
    if (owner !== undefined && (owner.uid !== entry.uid || owner.gid !== entry.gid))
      this.seen.push({ path: from, change: 'owner' });
    if (file.type === 'link' || typeof this.#copy.mode === 'string') return;
    if ((this.#copy.mode ?? file.mode) === entry.mode) return;
    const isSeen = file.type !== 'directory' || this.#copy.mode !== undefined;
    (isSeen ? this.seen : this.unseen).push({ path: from, change: 'mode' });
  }

  /** Reads nothing when the rest decides already. */
  async compareBytes(layers: LayerFiles, options?: CallOptions): Promise<void> {
    if (this.seen.length > 0) return;
    let left = mostBytes;
    for (const { expected, entry } of this.#pairs) {
      const { file, from } = expected;
      if (file.size === 0) continue;
      left -= file.size;
      if (file.sha256 === undefined || left < 0) {
        if (!isOfSameTime(file, entry)) this.#hidden.add('bytes');
      } else if ((await layers.sha256(entry, options)) !== file.sha256)
        (mayBeOfSameTime(file, entry) ? this.unseen : this.seen).push({ path: from, change: 'content' });
    }
  }

  /** A directory that a file takes the place of, or the other way round, with all that was in it. */
  #isReplaced(path: LayerPath): boolean {
    return [...this.#expected.files.keys()].some((each) => path.startsWith(`${each}/`));
  }

  #mayBeUnpacked(): boolean {
    return (
      this.#copy.sources.some((source) => source.kind === 'path' && source.isUnpacked) && this.#lacksFile()
    );
  }

  #lacksFile(): boolean {
    return [...this.#expected.files].some(
      ([path, { file }]) => file.type === 'file' && this.#above?.lookup(path) === undefined,
    );
  }

  #nameOf(path: LayerPath): string {
    const place = this.#expected.places.find(({ to }) => to === '/' || path.startsWith(`${to}/`));
    if (place === undefined) return toText(path.slice(1));
    const rest = toText(path.slice(place.to === '/' ? 1 : place.to.length + 1));
    return place.from === '' ? rest : `${place.from}/${rest}`;
  }
}

const mostBytes = 512 * 1024 * 1024;

function typeOf({ type }: RootfsEntry): SelectedFile['type'] {
  if (type === 'file') return 'file';
  if (type === 'dir') return 'directory';
  return type === 'symlink' ? 'link' : 'other';
}

/** Layers keep whole seconds. A time that is not known may be the same. */
function isOfSameTime({ mtimeMs }: SelectedFile, { mtime }: RootfsEntry): boolean {
  return mtimeMs === undefined || Math.floor(mtimeMs / 1000) === Math.floor(Number(mtime ?? 0));
}

/**
 * Whether a file of other bytes may have the very time of the one that was copied. One that was written and then left alone
 * has the time of its own writing, which the other, written before the build, cannot have.
 */
function mayBeOfSameTime(file: SelectedFile, entry: RootfsEntry): boolean {
  const { mtimeMs, changedMs } = file;
  if (!isOfSameTime(file, entry)) return false;
  if (mtimeMs === undefined || changedMs === undefined) return true;
  return Math.abs(changedMs - mtimeMs) > mostBetweenMs;
}

/** Between the writing of a file and giving it its name or its time; the kernel's clock for changes is some ms behind. */
const mostBetweenMs = 20;

function parentsOf({ files, places, destination }: ExpectedFiles): ReadonlySet<string> {
  const parents = new Set<string>(['/', destination]);
  for (const path of [destination, ...files.keys(), ...places.map(({ to }) => to)])
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      parents.add(path.slice(0, end));
  for (const { to } of places) parents.add(to);
  return parents;
}
