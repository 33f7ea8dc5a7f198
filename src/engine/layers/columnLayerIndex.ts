import type { ByteName } from '../base/layerPath.ts';
import { secondsText } from '../base/secondsText.ts';
import type { Problem } from '../base/problem.ts';
import { asBuffer, latin1 } from './byteTexts.ts';
import { type LayerColumns, type LayerInfo, type Numbers, columnFlag } from './layerColumns.ts';
import { type EntryType, type LayerIndex, type LayerSummary, type NodeId, noNode } from './layerIndex.ts';
import { decodeXattrs } from './xattrSets.ts';

/** A layer's tree, answered from columns: just built, or as they lie in an index file. */
export class ColumnLayerIndex implements LayerIndex {
  readonly columns: LayerColumns;
  readonly info: LayerInfo;
  readonly nodeCount: number;
  readonly isComplete: boolean;
  readonly hasContentHashes: boolean;
  readonly summary: LayerSummary;
  readonly problems: readonly Problem[];
  /* The columns asked most, at hand. */
  readonly nameBytes: Buffer;
  readonly #nameEnds: Numbers;
  readonly #nameIds: Numbers;
  readonly #firstChildren: Numbers;
  readonly #flags: Numbers;

  constructor(layer: { readonly columns: LayerColumns; readonly info: LayerInfo }) {
    this.columns = layer.columns;
    this.info = layer.info;
    this.nodeCount = layer.columns.flags.length;
    this.isComplete = layer.info.isComplete;
    this.hasContentHashes = layer.info.hasContentHashes;
    this.summary = layer.info.summary;
    this.problems = layer.info.problems;
    this.nameBytes = asBuffer(asBytes(layer.columns.nameHeap));
    this.#nameEnds = layer.columns.nameEnds;
    this.#nameIds = layer.columns.nameIds;
    this.#firstChildren = layer.columns.firstChildren;
    this.#flags = layer.columns.flags;
  }

  find(directory: NodeId, name: ByteName): NodeId {
    let low = this.firstChild(directory);
    let high = this.firstChild(directory + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.compareName(middle, name);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return noNode;
  }

  firstChild(node: NodeId): NodeId {
    return this.#firstChildren[node] ?? 0;
  }

  childCount(node: NodeId): number {
    return this.firstChild(node + 1) - this.firstChild(node);
  }

  parent(node: NodeId): NodeId {
    if (node === 0) return 0;
    // The last node whose children begin at or before this one: those behind it begin later.
    let low = 0;
    let high = node;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.firstChild(middle) <= node) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  name(node: NodeId): ByteName {
    if (node === 0) return '' as ByteName;
    return this.nameBytes.latin1Slice(this.nameStart(node), this.nameEnd(node)) as ByteName;
  }

  nameStart(node: NodeId): number {
    const id = this.#nameIds[node] ?? 0;
    return id === 0 ? 0 : (this.#nameEnds[id - 1] ?? 0);
  }

  nameEnd(node: NodeId): number {
    return this.#nameEnds[this.#nameIds[node] ?? 0] ?? 0;
  }

  /** Below 0 when the node's name is the lower one, by bytes. */
  compareName(node: NodeId, name: ByteName): number {
    const start = this.nameStart(node);
    const length = this.nameEnd(node) - start;
    const shared = Math.min(length, name.length);
    for (let at = 0; at < shared; at++) {
      const difference = (this.nameBytes[start + at] ?? 0) - name.charCodeAt(at);
      if (difference !== 0) return difference;
    }
    return length - name.length;
  }

  hasEntry(node: NodeId): boolean {
    return this.#has(node, columnFlag.hasEntry);
  }

  isWhiteout(node: NodeId): boolean {
    return this.#has(node, columnFlag.isWhiteout);
  }

  isOpaque(node: NodeId): boolean {
    return (
      this.#has(node, columnFlag.isOpaque) ||
      (this.#has(node, columnFlag.isWhiteout) && this.hasEntry(node) && this.type(node) === 'dir')
    );
  }

  isImplied(node: NodeId): boolean {
    return this.#has(node, columnFlag.isImplied);
  }

  type(node: NodeId): EntryType {
    return types[(this.columns.modes[node] ?? 0) >> 12] ?? 'file';
  }

  mode(node: NodeId): number {
    return (this.columns.modes[node] ?? 0) & 0o7777;
  }

  uid(node: NodeId): number {
    return this.columns.owners[(this.columns.ownerIds[node] ?? 0) * 2] ?? 0;
  }

  gid(node: NodeId): number {
    return this.columns.owners[(this.columns.ownerIds[node] ?? 0) * 2 + 1] ?? 0;
  }

  size(node: NodeId): number {
    return this.columns.sizes[node] ?? 0;
  }

  mtime(node: NodeId): string {
    return secondsText(this.columns.mtimes[node] ?? 0, this.#nanoseconds(node));
  }

  mtimeMs(node: NodeId): number {
    return (this.columns.mtimes[node] ?? 0) * 1000 + this.#nanoseconds(node) / 1e6;
  }

  linkTarget(node: NodeId): ByteName | undefined {
    if (this.type(node) !== 'symlink') return undefined;
    return textOf(this.columns.targetHeap, this.columns.targetEnds, this.columns.payloads[node] ?? 0);
  }

  device(node: NodeId): { readonly major: number; readonly minor: number } | undefined {
    const type = this.type(node);
    if (type !== 'char' && type !== 'block') return undefined;
    const row = (this.columns.payloads[node] ?? 0) * 2;
    return { major: this.columns.devices[row] ?? 0, minor: this.columns.devices[row + 1] ?? 0 };
  }

  xattrs(node: NodeId): ReadonlyMap<ByteName, ByteName> | undefined {
    const id = this.#rare(node, this.columns.xattrNodes, this.columns.xattrIds);
    return id === 0
      ? undefined
      : decodeXattrs(textOf(this.columns.xattrHeap, this.columns.xattrEnds, id - 1));
  }

  inode(node: NodeId): NodeId {
    if (!this.#has(node, columnFlag.isLinked)) return node;
    return this.columns.linkGroups[indexOf(this.columns.linkedNodes, node)] ?? node;
  }

  linkedNodes(node: NodeId): readonly NodeId[] {
    if (!this.#has(node, columnFlag.isLinked)) return [node];
    const group = this.inode(node);
    const { linkedByGroup } = this.columns;
    const start = firstWhere(linkedByGroup.length, (at) => this.inode(linkedByGroup[at] ?? 0) >= group);
    const end = firstWhere(linkedByGroup.length, (at) => this.inode(linkedByGroup[at] ?? 0) > group);
    return Array.from(linkedByGroup.subarray(start, end));
  }

  lowerLinks(): readonly NodeId[] {
    return Array.from(this.columns.lowerNodes);
  }

  isLowerLink(node: NodeId): boolean {
    return this.#has(node, columnFlag.isLowerLink);
  }

  lowerLinkTarget(node: NodeId): ByteName | undefined {
    if (!this.#has(node, columnFlag.isLowerLink)) return undefined;
    const { lowerNodes, lowerHeap, lowerEnds } = this.columns;
    return textOf(lowerHeap, lowerEnds, indexOf(lowerNodes, node));
  }

  ownLinkTarget(node: NodeId): NodeId {
    if (!this.#has(node, columnFlag.isLowerLink)) return noNode;
    return (this.columns.lowerOwn[indexOf(this.columns.lowerNodes, node)] ?? 0) - 1;
  }

  dataOffset(node: NodeId): number {
    const isFile = this.hasEntry(node) && this.type(node) === 'file';
    // The number of a link that nothing in this layer answers means something else.
    const isUnbound = this.#has(node, columnFlag.isLowerLink) && this.ownLinkTarget(node) === noNode;
    return isFile && !isUnbound ? (this.columns.payloads[node] ?? 0) : 0;
  }

  sparseMap(node: NodeId): readonly (readonly [offset: number, length: number])[] | undefined {
    const id = this.#rare(node, this.columns.sparseNodes, this.columns.sparseIds);
    if (id === 0) return undefined;
    const { sparseEnds, sparsePieces } = this.columns;
    const map: [number, number][] = [];
    for (let piece = sparseEnds[id - 2] ?? 0; piece < (sparseEnds[id - 1] ?? 0); piece++)
      map.push([sparsePieces[piece * 2] ?? 0, sparsePieces[piece * 2 + 1] ?? 0]);
    return map;
  }

  contentHash(node: NodeId): string | undefined {
    if (this.#has(node, columnFlag.isHashed)) {
      const hash = asBytes(this.columns.hashes).subarray(node * 16, node * 16 + 16);
      return asBuffer(hash).toString('hex');
    }
    const isEmptyFile = this.hasContentHashes && this.hasEntry(node) && this.type(node) === 'file';
    return isEmptyFile && this.size(node) === 0 ? hashOfNothing : undefined;
  }

  #has(node: NodeId, flag: number): boolean {
    return ((this.#flags[node] ?? 0) & flag) !== 0;
  }

  #nanoseconds(node: NodeId): number {
    return this.#rare(node, this.columns.nanosecondNodes, this.columns.nanoseconds);
  }

  #rare(node: NodeId, nodes: Numbers, values: Numbers): number {
    if (!this.#has(node, columnFlag.isRare)) return 0;
    return values[indexOf(nodes, node)] ?? 0;
  }
}

/** By `nodeType`. */
const types: readonly (EntryType | undefined)[] = [
  undefined,
  'file',
  'dir',
  'symlink',
  'char',
  'block',
  'fifo',
];

/** XXH128 of no bytes. */
const hashOfNothing = '99aa06d3014798d86001c324468d497f';

function textOf(heap: Numbers, ends: Numbers, id: number): ByteName {
  return latin1(asBytes(heap), id === 0 ? 0 : (ends[id - 1] ?? 0), ends[id] ?? 0);
}

function asBytes(column: Numbers): Uint8Array {
  return column instanceof Uint8Array ? column : new Uint8Array(0);
}

/** Where `node` lies in an ascending column, or −1. */
function indexOf(nodes: Numbers, node: NodeId): number {
  const at = firstWhere(nodes.length, (index) => (nodes[index] ?? 0) >= node);
  return nodes[at] === node ? at : -1;
}

/** The first index that is true, where all behind it are true; `length` when none is. */
function firstWhere(length: number, isTrue: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
