import type { Problem } from '../base/problem.ts';
import type { ByteName } from '../base/layerPath.ts';

export type EntryType = 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo';

/** A node of a layer's own tree, by number; the root is 0. Children of one directory are contiguous and sorted by bytes. */
export type NodeId = number;

/** No node. */
export const noNode = -1;

/**
 * One layer's own tree, read from columns: what the layer adds, changes and removes, before any merge.
 * Built by one pass over the layer's tar by the rules of formats.md §2.2 (1–7, 9, 10); merging is `rootfs/unionView`.
 *
 * A node can be an entry, a removal, or both (removed below and made anew). `hasEntry` false and `isWhiteout` true
 * is a pure removal, whose type says nothing.
 */
export interface LayerIndex {
  /** Nodes, the root included. */
  readonly nodeCount: number;
  /** False while the layer is still being read, or when its tar ended early: the tree holds what was read. */
  readonly isComplete: boolean;
  /** Whether files carry content hashes (plain layers are first indexed without). */
  readonly hasContentHashes: boolean;
  readonly summary: LayerSummary;
  readonly problems: readonly Problem[];

  /** The child of that name, or {@link noNode}. */
  find(directory: NodeId, name: ByteName): NodeId;
  firstChild(node: NodeId): NodeId;
  childCount(node: NodeId): number;
  parent(node: NodeId): NodeId;
  name(node: NodeId): ByteName;
  /** The bytes of all names; a node's go from its {@link nameStart} to its {@link nameEnd}. For comparing many cheaply. */
  readonly nameBytes: Uint8Array;
  nameStart(node: NodeId): number;
  nameEnd(node: NodeId): number;

  /** Whether the layer has content here: listed, or implied by something below that exists. */
  hasEntry(node: NodeId): boolean;
  /** Whether the layer removes what lower layers have at this path. */
  isWhiteout(node: NodeId): boolean;
  /** Whether the directory hides all children that lower layers have (`.wh..wh..opq`, or removed and recreated). */
  isOpaque(node: NodeId): boolean;
  /** Whether the directory is only implied: its attributes are the lower layer's, or root:root 0755 without mtime. */
  isImplied(node: NodeId): boolean;

  type(node: NodeId): EntryType;
  /** Permission bits, `& 0o7777`. */
  mode(node: NodeId): number;
  uid(node: NodeId): number;
  gid(node: NodeId): number;
  /** Bytes of a file's content; 0 for the rest. */
  size(node: NodeId): number;
  /** Decimal seconds since 1970, up to nine places, as the vectors write it. */
  mtime(node: NodeId): string;
  mtimeMs(node: NodeId): number;
  /** A symlink's target as stored; undefined for the rest. */
  linkTarget(node: NodeId): ByteName | undefined;
  device(node: NodeId): { readonly major: number; readonly minor: number } | undefined;
  /** Extended attributes by name, values as byte strings, sorted by name; undefined when there are none. */
  xattrs(node: NodeId): ReadonlyMap<ByteName, ByteName> | undefined;

  /**
   * Names of one inode share a number (any of their nodes); a file with one name has its own. Comparable only within
   * this index.
   */
  inode(node: NodeId): NodeId;
  /** Whether this is a hard link whose target the layer did not have when it came: {@link lowerLinkTarget} says which. */
  isLowerLink(node: NodeId): boolean;
  /** The path (without leading slash, parents resolved in this layer) that a hard link names in a lower layer. */
  lowerLinkTarget(node: NodeId): ByteName | undefined;
  /** What this layer itself has at {@link lowerLinkTarget}: the link's target where no lower layer has one; or {@link noNode}. */
  ownLinkTarget(node: NodeId): NodeId;
  /** All nodes that are hard links into lower layers, ascending. */
  lowerLinks(): readonly NodeId[];
  /** The names of the inode, ascending; the node alone where it has one name. */
  linkedNodes(node: NodeId): readonly NodeId[];

  /** Where a file's bytes begin in the uncompressed tar; the bytes are contiguous unless {@link sparseMap} says otherwise. */
  dataOffset(node: NodeId): number;
  /** Data pieces of a sparse file (offset in the file, length), stored one after another; undefined when not sparse. */
  sparseMap(node: NodeId): readonly (readonly [offset: number, length: number])[] | undefined;
  /** XXH128 of a file's content as 32 hex digits; undefined where not computed. Not proof against an attacker. */
  contentHash(node: NodeId): string | undefined;
}

export interface LayerSummary {
  /** Tar entries read, markers included, metadata headers not. */
  readonly entryCount: number;
  /** Nodes with content, by kind. */
  readonly files: number;
  readonly directories: number;
  readonly others: number;
  /** Removed names and opaque directories. */
  readonly whiteouts: number;
  /** Bytes of regular files, each inode once. */
  readonly contentSize: number;
  /** Docker's SIZE with the classic store: `contentSize` plus the lengths of symlink targets (formats.md §3.3). */
  readonly size: number;
  /** Bytes of the uncompressed tar, to its last byte. */
  readonly tarSize: number;
  /** Problems found; `problems` keeps the first hundred of each code. */
  readonly problemCount: number;
  /** Computed over the uncompressed tar; undefined where it was put off (`verify` computes it). */
  readonly diffId?: string;
  /** Computed over the blob as stored; undefined where it was put off. */
  readonly digest?: string;
}
