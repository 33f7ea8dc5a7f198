import { EngineError } from '../base/errors.ts';
import {
  baseName,
  type ByteName,
  joinPath,
  type LayerPath,
  parentPath,
  rootPath,
  splitPath,
} from '../base/layerPath.ts';
import type { Edit } from './edit.ts';
import { type Inode, type InodeId, rootInode } from './inode.ts';

/** What the writable layer itself has under one name. */
export type UpperNode = UpperDirectory | UpperLeaf | UpperWhiteout;

export interface UpperDirectory {
  readonly kind: 'directory';
  readonly inode: InodeId;
  /** Hides all that the image has in this directory. */
  readonly isOpaque: boolean;
  readonly children: ReadonlyMap<ByteName, UpperNode>;
}

export interface UpperLeaf {
  readonly kind: 'leaf';
  /** Names with the same inode are hard links of one another. */
  readonly inode: InodeId;
}

/** Hides what the image has under this name. */
export interface UpperWhiteout {
  readonly kind: 'whiteout';
}

/** A writable layer as it is after all edits so far. Edits change it in place; whoever shows it keeps a copy. */
export class UpperState {
  readonly #root: Directory;
  readonly #inodes: Map<InodeId, Counted>;
  #nextInode: InodeId;

  constructor(from?: UpperState) {
    const inodes = from === undefined ? [] : [...from.#inodes];
    this.#root = from === undefined ? newDirectory(rootInode, false) : copyOf(from.#root);
    this.#inodes = new Map(inodes.map(([id, counted]) => [id, { ...counted }]));
    this.#nextInode = from === undefined ? rootInode + 1 : from.#nextInode;
  }

  get root(): UpperDirectory {
    return this.#root;
  }

  /** A number that no inode had yet. */
  get nextInode(): InodeId {
    return this.#nextInode;
  }

  /** Undefined for the root as long as it is the image's. */
  inode(id: InodeId): Inode | undefined {
    return this.#inodes.get(id)?.inode;
  }

  /** The inodes that have a name, and the root's. */
  inodes(): readonly Inode[] {
    return Array.from(this.#inodes.values(), ({ inode }) => inode);
  }

  at(path: LayerPath): UpperNode | undefined {
    let node: UpperNode | undefined = this.#root;
    for (const name of splitPath(path))
      node = node?.kind === 'directory' ? node.children.get(name) : undefined;
    return node;
  }

  /** @throws EngineError `damaged` for an edit that does not fit what is here. */
  apply(edit: Edit): void {
    if (edit.do === 'inode') this.#setInode(edit.id, edit.inode);
    else if (edit.do === 'move') this.#move(edit.from, edit.to);
    else if (edit.do === 'directory') this.#putDirectory(edit.path, edit.id, edit.isOpaque);
    else if (edit.do === 'name') this.#put(edit.path, { kind: 'leaf', inode: edit.id });
    else if (edit.do === 'whiteout') this.#put(edit.path, { kind: 'whiteout' });
    else this.#put(edit.path, undefined);
  }

  /** The edits that make an empty layer this one. */
  *edits(): Iterable<Edit> {
    for (const [id, { inode }] of this.#inodes) yield { do: 'inode', id, inode };
    yield* editsOf(this.#root, rootPath);
  }

  #setInode(id: InodeId, inode: Inode): void {
    this.#nextInode = Math.max(this.#nextInode, id + 1);
    this.#inodes.set(id, { inode, links: this.#inodes.get(id)?.links ?? (id === rootInode ? 1 : 0) });
  }

  #putDirectory(path: LayerPath, id: InodeId, isOpaque: boolean): void {
    const known = path === rootPath ? this.#root : this.#parent(path).children.get(baseName(path));
    if (known?.kind !== 'directory') this.#put(path, newDirectory(id, isOpaque));
    else if (known.inode === id) known.isOpaque = isOpaque;
    else throw unfit(path);
  }

  #put(path: LayerPath, node: Node | undefined): void {
    const { children } = this.#parent(path);
    const name = baseName(path);
    // The new name counts before the old one is forgotten: both may be names of one inode.
    if (node !== undefined && node.kind !== 'whiteout') this.#count(node.inode, 1, path);
    this.#release(children.get(name), path);
    if (node === undefined) children.delete(name);
    else children.set(name, node);
  }

  #move(from: LayerPath, to: LayerPath): void {
    const { children } = this.#parent(from);
    const node = children.get(baseName(from));
    if (node === undefined || to === from || to.startsWith(`${from}/`)) throw unfit(from);
    const target = this.#parent(to);
    children.delete(baseName(from));
    this.#release(target.children.get(baseName(to)), to);
    target.children.set(baseName(to), node);
  }

  /** Takes a node's names away, and inodes without names. */
  #release(node: Node | undefined, path: LayerPath): void {
    if (node === undefined || node.kind === 'whiteout') return;
    this.#count(node.inode, -1, path);
    if (node.kind === 'directory') for (const child of node.children.values()) this.#release(child, path);
  }

  #count(id: InodeId, by: 1 | -1, path: LayerPath): void {
    const counted = this.#inodes.get(id);
    if (counted === undefined) throw unfit(path);
    counted.links += by;
    if (counted.links <= 0) this.#inodes.delete(id);
  }

  #parent(path: LayerPath): Directory {
    if (path === rootPath) throw unfit(path);
    let node: Node = this.#root;
    for (const name of splitPath(parentPath(path))) {
      const child: Node | undefined = node.kind === 'directory' ? node.children.get(name) : undefined;
      if (child === undefined) throw unfit(path);
      node = child;
    }
    if (node.kind !== 'directory') throw unfit(path);
    return node;
  }
}

type Node = Directory | UpperLeaf | UpperWhiteout;

interface Directory {
  readonly kind: 'directory';
  readonly inode: InodeId;
  isOpaque: boolean;
  readonly children: Map<ByteName, Node>;
}

interface Counted {
  readonly inode: Inode;
  links: number;
}

function newDirectory(inode: InodeId, isOpaque: boolean): Directory {
  return { kind: 'directory', inode, isOpaque, children: new Map() };
}

function copyOf(directory: Directory): Directory {
  const children = new Map<ByteName, Node>();
  for (const [name, node] of directory.children)
    children.set(name, node.kind === 'directory' ? copyOf(node) : node);
  return { ...directory, children };
}

function* editsOf(directory: UpperDirectory, at: LayerPath): Iterable<Edit> {
  for (const [name, node] of directory.children) {
    const path = joinPath(at, name);
    if (node.kind === 'whiteout') yield { do: 'whiteout', path };
    else if (node.kind === 'leaf') yield { do: 'name', path, id: node.inode };
    else {
      yield { do: 'directory', path, id: node.inode, isOpaque: node.isOpaque };
      yield* editsOf(node, path);
    }
  }
}

function unfit(path: LayerPath): EngineError {
  return new EngineError('damaged', path, 'an edit of the writable layer does not fit what is there');
}
