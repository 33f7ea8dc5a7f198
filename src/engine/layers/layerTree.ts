import { EngineError } from '../base/errors.ts';
import type { ByteName } from '../base/layerPath.ts';
import { ByteTexts } from './byteTexts.ts';
import { growBytes, growF64, growU16, growU32, grownLength } from './growColumns.ts';
import { NameTable } from './nameTable.ts';
import { NodeTable } from './nodeTable.ts';
import { Owners } from './owners.ts';
import { SparsePieces } from './sparsePieces.ts';

/** What lies at a node; 0 is nothing (yet): a removed name, or a place just made. */
export const nodeType = { none: 0, file: 1, dir: 2, symlink: 3, char: 4, block: 5, fifo: 6 } as const;

/** What is known of a node besides its columns, as bits. */
export const nodeFlag = {
  /** The tar has an entry for it; a directory without is only implied. */
  listed: 1,
  /** Something listed is here or below; a directory without is there for markers alone. */
  real: 2,
  whiteout: 4,
  opaque: 8,
  /** Its place was taken by another node; it lives on for the links to it. */
  replaced: 16,
  /** Other names share its attributes. */
  isLinked: 32,
  /** Another name of the node in its `payload`, which has the attributes. */
  isLink: 64,
  /** A link whose target the layer did not have yet; `payload` counts them. */
  isPending: 128,
  hashed: 256,
} as const;

/** Attributes as a header gives them, types and names already judged. */
export interface NodeAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
}

/**
 * One layer's own tree while its tar is read: typed columns by node number, off the heap of V8, some 60 to 90 bytes
 * an entry. A parent's number is always below its children's. It knows nodes, not the rules of the format; those are in
 * `layerIndexBuilder`.
 */
export class LayerTree {
  readonly names = new NameTable();
  readonly nodes = new NodeTable();
  readonly owners = new Owners();
  /** Targets of symlinks. */
  readonly links = new ByteTexts();
  /** Sets of extended attributes, encoded and each kept once; number + 1 is in `xattrs`. */
  readonly xattrSets = new NameTable();
  readonly sparsePieces = new SparsePieces();
  /** Major and minor numbers in turn. */
  readonly devices: number[] = [];

  flags = new Uint16Array(firstCapacity);
  /** Type above twelve bits of mode. */
  modes = new Uint16Array(firstCapacity);
  ownerIds = new Uint32Array(firstCapacity);
  sizes = new Float64Array(firstCapacity);
  mtimes = new Float64Array(firstCapacity);
  /** A file's offset in the tar, a symlink's number in `links`, a device's in `devices`, a link's target node. */
  payloads = new Float64Array(firstCapacity);
  /* Columns for what most layers lack are empty until they are needed. */
  nanoseconds = new Uint32Array(0);
  xattrs = new Uint32Array(0);
  /** Number + 1 in `sparsePieces`. */
  sparseMaps = new Uint32Array(0);
  hashes = new Uint8Array(0);

  /** Whether some node is or was a hard link. */
  hasLinks = false;

  readonly #maxNodes: number;

  constructor(maxNodes = 2 ** 24) {
    this.#maxNodes = maxNodes;
    this.modes[0] = directoryMode;
    this.flags[0] = nodeFlag.real;
  }

  type(node: number): number {
    return (this.modes[this.inode(node)] ?? 0) >> 12;
  }

  /** The node that holds the attributes. */
  inode(node: number): number {
    return this.has(node, nodeFlag.isLink) ? (this.payloads[node] ?? 0) : node;
  }

  has(node: number, flag: number): boolean {
    return ((this.flags[node] ?? 0) & flag) !== 0;
  }

  set(node: number, flag: number): void {
    this.flags[node] = (this.flags[node] ?? 0) | flag;
  }

  find(parent: number, text: string, start: number, end: number): number {
    const name = this.names.find(text, start, end);
    return name < 0 ? -1 : this.nodes.find(parent, name);
  }

  /** The child of that name, made with nothing in it when it is missing. */
  ensure(parent: number, text: string, start: number, end: number): number {
    const name = this.names.intern(text, start, end);
    const known = this.nodes.find(parent, name);
    return known >= 0 ? known : this.#add(parent, name);
  }

  /** A place nobody finds, whose children are found as any: for what is no content itself. */
  addHidden(): number {
    const node = this.#add(0, this.names.intern('', 0, 0));
    this.modes[node] = directoryMode;
    this.set(node, nodeFlag.replaced);
    return node;
  }

  /** Gives a place back empty: a new node where something hangs on the old one. Removals stay with the place. */
  clear(node: number): number {
    const removal = (this.flags[node] ?? 0) & nodeFlag.whiteout;
    const isNeeded = this.type(node) === nodeType.dir || this.has(node, nodeFlag.isLinked);
    const place = isNeeded ? this.#replace(node) : node;
    this.flags[place] = removal;
    this.modes[place] = 0;
    this.sizes[place] = 0;
    this.#clearRare(place);
    return place;
  }

  setAttributes(node: number, type: number, attributes: NodeAttributes): void {
    // Linux gives every symlink all permissions, whatever a tar says.
    this.modes[node] = (type << 12) | (type === nodeType.symlink ? 0o777 : attributes.mode & 0o7777);
    this.setOwner(node, attributes);
    this.mtimes[node] = attributes.mtimeSeconds;
    if (attributes.mtimeNanoseconds === 0 && this.nanoseconds.length === 0) return;
    this.#reserveRare('nanoseconds');
    this.nanoseconds[node] = attributes.mtimeNanoseconds;
  }

  setOwner(node: number, { uid, gid }: NodeAttributes): void {
    this.ownerIds[node] = this.owners.intern(uid, gid);
  }

  setXattrs(node: number, encoded: string): void {
    if (encoded === '' && this.xattrs.length === 0) return;
    this.#reserveRare('xattrs');
    this.xattrs[node] = encoded === '' ? 0 : this.xattrSets.intern(encoded, 0, encoded.length) + 1;
  }

  setHash(node: number, hash: Uint8Array): void {
    if (this.hashes.length === 0) this.hashes = new Uint8Array(this.flags.length * hashLength);
    this.hashes.set(hash, node * hashLength);
    this.set(node, nodeFlag.hashed);
  }

  setSparse(node: number, map: readonly (readonly [number, number])[] | undefined): void {
    if (map === undefined && this.sparseMaps.length === 0) return;
    this.#reserveRare('sparseMaps');
    this.sparseMaps[node] = map === undefined ? 0 : this.sparsePieces.add(map) + 1;
  }

  setDevice(node: number, major: number, minor: number): void {
    this.payloads[node] = this.devices.length / 2;
    this.devices.push(major, minor);
  }

  /** Makes a plain directory at an empty place, as it is implied by something below. */
  makeDirectory(node: number): void {
    this.modes[node] = directoryMode;
  }

  /** Marks a node and the directories above it as there for something listed. */
  markReal(node: number): void {
    for (let at = node; !this.has(at, nodeFlag.real); at = this.nodes.parents[at] ?? 0)
      this.set(at, nodeFlag.real);
  }

  /** Copies everything but the name, so that the two have nothing in common afterwards. */
  copy(from: number, to: number): void {
    this.modes[to] = this.modes[from] ?? 0;
    this.ownerIds[to] = this.ownerIds[from] ?? 0;
    this.sizes[to] = this.sizes[from] ?? 0;
    this.mtimes[to] = this.mtimes[from] ?? 0;
    this.payloads[to] = this.payloads[from] ?? 0;
    if (this.nanoseconds.length > 0) this.nanoseconds[to] = this.nanoseconds[from] ?? 0;
    if (this.xattrs.length > 0) this.xattrs[to] = this.xattrs[from] ?? 0;
    if (this.sparseMaps.length > 0) this.sparseMaps[to] = this.sparseMaps[from] ?? 0;
    if (this.has(from, nodeFlag.hashed))
      this.setHash(to, this.hashes.slice(from * hashLength, (from + 1) * hashLength));
  }

  /** Gives back what serves to find and to add nodes; afterwards the tree can only be read. */
  closeNames(): void {
    this.names.close();
    this.nodes.close();
    this.xattrSets.close();
  }

  /** Gives one column's memory back. */
  release(column: 'sizes' | 'mtimes' | 'payloads'): void {
    this[column] = new Float64Array(this[column].buffer.transfer(0));
  }

  /** The path from the root, without a leading slash. */
  path(node: number): ByteName {
    const parts: string[] = [];
    for (let at = node; at !== 0; at = this.nodes.parents[at] ?? 0)
      parts.push(this.names.texts.text(this.nodes.names[at] ?? 0));
    return parts.reverse().join('/') as ByteName;
  }

  #add(parent: number, name: number): number {
    this.#reserve();
    return this.nodes.add(parent, name);
  }

  #replace(node: number): number {
    this.#reserve();
    this.set(node, nodeFlag.replaced);
    return this.nodes.replace(node);
  }

  #clearRare(node: number): void {
    if (this.nanoseconds.length > 0) this.nanoseconds[node] = 0;
    if (this.xattrs.length > 0) this.xattrs[node] = 0;
    if (this.sparseMaps.length > 0) this.sparseMaps[node] = 0;
  }

  #reserveRare(column: 'nanoseconds' | 'xattrs' | 'sparseMaps'): void {
    if (this[column].length === 0) this[column] = new Uint32Array(this.flags.length);
  }

  #reserve(): void {
    const capacity = this.flags.length;
    if (this.nodes.count < capacity) return;
    if (capacity >= this.#maxNodes)
      throw new EngineError('limit-exceeded', 'layer', `it has more than ${capacity} entries`);
    const length = Math.min(this.#maxNodes, grownLength(capacity));
    this.flags = growU16(this.flags, length);
    this.modes = growU16(this.modes, length);
    this.ownerIds = growU32(this.ownerIds, length);
    this.sizes = growF64(this.sizes, length);
    this.mtimes = growF64(this.mtimes, length);
    this.payloads = growF64(this.payloads, length);
    if (this.nanoseconds.length > 0) this.nanoseconds = growU32(this.nanoseconds, length);
    if (this.xattrs.length > 0) this.xattrs = growU32(this.xattrs, length);
    if (this.sparseMaps.length > 0) this.sparseMaps = growU32(this.sparseMaps, length);
    if (this.hashes.length > 0) this.hashes = growBytes(this.hashes, length * hashLength);
  }
}

/** XXH128. */
export const hashLength = 16;
const firstCapacity = 1024;
const directoryMode = (nodeType.dir << 12) | 0o755;
