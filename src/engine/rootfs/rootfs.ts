import type { ByteName, LayerPath } from '../base/layerPath.ts';
import type { Problem } from '../base/problem.ts';
import type { EntryType, LayerIndex, NodeId } from '../layers/layerIndex.ts';

/** What a file is, beside its names and bytes. */
export interface FileAttributes {
  readonly type: EntryType;
  /** Permission bits, `& 0o7777`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Decimal seconds since 1970, up to nine places; undefined for a directory that no layer lists. */
  readonly mtime?: string;
  readonly linkTarget?: ByteName;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteName, ByteName>;
}

/** One path of the merged file system, with where it comes from. */
export interface RootfsEntry extends FileAttributes {
  readonly path: LayerPath;
  readonly name: ByteName;
  readonly size: number;
  /** The layer that put this entry here (for a directory: the highest one that touches it), lowest 0. */
  readonly layer: number;
  /** The layer whose tar holds the attributes and bytes: differs from `layer` for hard links to a lower layer and implied directories. */
  readonly contentLayer: number;
  /** The node in `contentLayer`'s index. */
  readonly contentNode: NodeId;
}

/**
 * The union of a stack of layers, by the rules of formats.md §2.2: what a container sees. Immutable. Answers about one
 * directory cost that directory only.
 */
export interface UnionView {
  /** The stack, lowest first; only these layers take part. */
  readonly layers: readonly LayerIndex[];
  /** The entry itself, links in parents followed inside the root, the last component not followed. */
  lookup(path: LayerPath): RootfsEntry | undefined;
  /**
   * The entry a path leads to, all links followed inside the root; undefined when the path or a link's target is absent.
   * @throws EngineError `symlink-loop` after 40 links.
   */
  resolve(path: LayerPath): RootfsEntry | undefined;
  /** Children sorted by bytes. @throws EngineError `not-found`, `not-a-directory`. Links in parents are followed, the directory itself too. */
  list(directory: LayerPath): readonly RootfsEntry[];
  /** Every entry below a directory, depth first, sorted by bytes; the directory itself excluded. */
  walk(directory?: LayerPath): Iterable<RootfsEntry>;
  /**
   * The first path, in the order of {@link walk}, of the inode that the entry is a name of, across layers; undefined for
   * directories and where the file system shows one name only.
   */
  hardLinkOf(entry: RootfsEntry): LayerPath | undefined;
  /** What is found only by merging: links into lower layers, and the layers' own problems with their position. */
  problems(): readonly Problem[];
}

/** How one layer changed a path. */
export type ChangeKind = 'added' | 'modified' | 'removed';

/** One path a layer changes, against the union of the layers below it. */
export interface LayerChange {
  readonly path: LayerPath;
  readonly kind: ChangeKind;
  /** What is here now; undefined when removed. */
  readonly entry?: RootfsEntry;
  /** What was here below; undefined when added. */
  readonly before?: RootfsEntry;
  /** Whether the layer lists this path itself, or it is only a folder on the way to something it changes. */
  readonly isOwn: boolean;
  /** Set where a layer below was left out: whether the path is new or replaces something cannot be told. */
  readonly isUncertain?: true;
  /** Bytes this change and those below it add to the layer's content; removals count 0. */
  readonly size: number;
}
