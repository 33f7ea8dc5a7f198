import type { Problem } from '../base/problem.ts';
import type { LayerSummary } from './layerIndex.ts';

/** Bits of {@link LayerColumns.flags}. */
export const columnFlag = {
  hasEntry: 1,
  isWhiteout: 2,
  isOpaque: 4,
  isImplied: 8,
  /** Its content's hash is in `hashes`. */
  isHashed: 16,
  /** Listed in `linkedNodes`. */
  isLinked: 32,
  /** Listed in `lowerNodes`. */
  isLowerLink: 64,
  /** Listed in `nanosecondNodes`, `xattrNodes` or `sparseNodes`. */
  isRare: 128,
} as const;

export type WholeNumbers = Uint8Array | Uint16Array | Uint32Array;
/** As narrow as the values allow. */
export type Numbers = WholeNumbers | Float64Array;

/**
 * A layer's tree, laid out: nodes in breadth-first order, so that the children of a directory are neighbours, sorted by
 * the bytes of their names. What few nodes have is in sparse columns beside their node numbers, ascending.
 */
export interface LayerColumns {
  /* By node. */
  readonly nameIds: Numbers;
  /** One longer than the nodes: a node's children go from its own value to the next one's. */
  readonly firstChildren: Numbers;
  /** Type (see `nodeType`) above twelve bits of mode. */
  readonly modes: Numbers;
  readonly flags: Numbers;
  readonly ownerIds: Numbers;
  readonly sizes: Numbers;
  /** Whole seconds, rounded down. */
  readonly mtimes: Numbers;
  /** A file's offset in the tar; a symlink's number among the targets; a device's among `devices`. */
  readonly payloads: Numbers;
  /** 16 bytes a node, or none at all. */
  readonly hashes: Numbers;

  /* Tables. Names are distinct and sorted. */
  readonly nameHeap: Numbers;
  readonly nameEnds: Numbers;
  readonly owners: Numbers;
  readonly devices: Numbers;
  readonly targetHeap: Numbers;
  readonly targetEnds: Numbers;
  readonly xattrHeap: Numbers;
  readonly xattrEnds: Numbers;
  readonly sparsePieces: Numbers;
  readonly sparseEnds: Numbers;
  readonly lowerHeap: Numbers;
  readonly lowerEnds: Numbers;

  /* Sparse columns. */
  readonly nanosecondNodes: Numbers;
  readonly nanoseconds: Numbers;
  readonly xattrNodes: Numbers;
  readonly xattrIds: Numbers;
  readonly sparseNodes: Numbers;
  readonly sparseIds: Numbers;
  /** Names of files with several; the group is the lowest of its nodes. */
  readonly linkedNodes: Numbers;
  readonly linkGroups: Numbers;
  /** The same nodes by group. */
  readonly linkedByGroup: Numbers;
  readonly lowerNodes: Numbers;
  /** Node + 1 of what this layer has at the target's path, or 0. */
  readonly lowerOwn: Numbers;
}

/** What is said of the layer as a whole. */
export interface LayerInfo {
  readonly isComplete: boolean;
  readonly hasContentHashes: boolean;
  readonly summary: LayerSummary;
  readonly problems: readonly Problem[];
}

/** The narrowest column that holds the values; a column with others than whole numbers below 2^32 stays as it is. */
export function narrow(column: Float64Array | Uint32Array | Uint16Array): Numbers {
  const largest = column instanceof Float64Array ? largestWhole(column) : largestOf(column);
  if (largest < 2 ** 8) return new Uint8Array(column);
  if (largest < 2 ** 16) return column instanceof Uint16Array ? column : new Uint16Array(column);
  return largest < 2 ** 32 && column instanceof Float64Array ? new Uint32Array(column) : column;
}

function largestOf(column: Uint32Array | Uint16Array): number {
  let largest = 0;
  for (const value of column) largest = Math.max(largest, value);
  return largest;
}

/** Infinity when some value is not whole, negative or too large for 32 bits. */
function largestWhole(column: Float64Array): number {
  let largest = 0;
  for (const value of column) {
    if (!(value >= 0 && value < 2 ** 32 && Math.floor(value) === value)) return Infinity;
    if (value > largest) largest = value;
  }
  return largest;
}
