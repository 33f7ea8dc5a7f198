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
import { InodeTable } from './inodeTable.ts';

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

/**
 * A writable layer as it is after all edits so far. Edits change it in place; whoever shows it keeps a copy. A copy costs
 * next to nothing: it shares with what it was copied from whatever neither has changed since.
 */
export class UpperState {
  #root: Directory;
  readonly #inodes: InodeTable;
  #nextInode: InodeId;
  /** What the directories bear that nobody shares. */
  #owner = Symbol('owner');

  constructor(from?: UpperState) {
    this.#inodes = new InodeTable(from === undefined ? undefined : from.#inodes);
    this.#root = from === undefined ? newDirectory(rootInode, false, this.#owner) : from.#root;
    this.#nextInode = from === undefined ? rootInode + 1 : from.#nextInode;
    if (from !== undefined) from.#share();
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
    return Array.from(this.#inodes.entries(), ([, inode]) => inode);
  }

  at(path: LayerPath): UpperNode | undefined {
    let node: UpperNode | undefined = this.#root;
    for (const name of splitPath(path))
      node = node?.kind === 'directory' ? node.children.get(name) : undefined;
    return node;
  }

  /** Everything in it, folders before what is in them and names by their bytes; the root excluded. */
  *walk(): Iterable<UpperName> {
    const open: Level[] = [levelOf(this.#root, rootPath)];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const next = level.children[level.next++];
      if (next === undefined) {
        open.pop();
        continue;
      }
      const [name, node] = next;
      const path = joinPath(level.path, name);
      yield { path, name, node };
      if (node.kind === 'directory') open.push(levelOf(node, path));
    }
  }

  /** The paths of these inodes, in any order. Costs what the layer has, and less than a walk. */
  *pathsOf(inodes: ReadonlySet<InodeId>): Iterable<LayerPath> {
    if (inodes.has(rootInode)) yield rootPath;
    const open: { readonly path: LayerPath; readonly node: UpperDirectory }[] = [
      { path: rootPath, node: this.#root },
    ];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const [name, node] of next.node.children) {
        if (node.kind === 'whiteout') continue;
        if (inodes.has(node.inode)) yield joinPath(next.path, name);
        if (node.kind === 'directory') open.push({ path: joinPath(next.path, name), node });
      }
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
    for (const [id, inode] of this.#inodes.entries()) yield { do: 'inode', id, inode };
    for (const { path, node } of this.walk())
      if (node.kind === 'whiteout') yield { do: 'whiteout', path };
      else if (node.kind === 'leaf') yield { do: 'name', path, id: node.inode };
      else yield { do: 'directory', path, id: node.inode, isOpaque: node.isOpaque };
  }

  /** All it has may be another's too from now on. */
  #share(): void {
    this.#owner = Symbol('owner');
  }

  #setInode(id: InodeId, inode: Inode): void {
    this.#nextInode = Math.max(this.#nextInode, id + 1);
    const links = this.#inodes.get(id)?.links ?? (id === rootInode ? 1 : 0);
    this.#inodes.set(id, { inode, links });
  }

  #putDirectory(path: LayerPath, id: InodeId, isOpaque: boolean): void {
    const known = this.at(path);
    if (known?.kind !== 'directory') this.#put(path, newDirectory(id, isOpaque, this.#owner));
    else if (known.inode === id) this.#ownDirectory(path).isOpaque = isOpaque;
    else throw unfit(path);
  }

  #put(path: LayerPath, node: UpperNode | undefined): void {
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
  #release(released: UpperNode | undefined, path: LayerPath): void {
    const open = released === undefined ? [] : [released];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.kind === 'whiteout') continue;
      this.#count(node.inode, -1, path);
      if (node.kind === 'directory') for (const child of node.children.values()) open.push(child);
    }
  }

  #count(id: InodeId, by: 1 | -1, path: LayerPath): void {
    const counted = this.#inodes.get(id);
    if (counted === undefined) throw unfit(path);
    const links = counted.links + by;
    if (links <= 0) this.#inodes.delete(id);
    else this.#inodes.set(id, { ...counted, links });
  }

  #parent(path: LayerPath): Directory {
    if (path === rootPath) throw unfit(path);
    return this.#ownDirectory(parentPath(path));
  }

  /** The directory at a path, to be changed: shared by nobody, nor those that it is in. */
  #ownDirectory(path: LayerPath): Directory {
    let at = (this.#root = this.#ownOf(this.#root));
    for (const name of splitPath(path)) {
      const child = at.children.get(name);
      if (child?.kind !== 'directory') throw unfit(path);
      const own = this.#ownOf(child);
      if (own !== child) at.children.set(name, own);
      at = own;
    }
    return at;
  }

  #ownOf(directory: UpperDirectory): Directory {
    if (isDirectory(directory) && directory.owner === this.#owner) return directory;
    return { ...directory, owner: this.#owner, children: new Map(directory.children) };
  }
}

/** A name of the writable layer. */
export interface UpperName {
  readonly path: LayerPath;
  readonly name: ByteName;
  readonly node: UpperNode;
}

/** A directory whose children are still to be looked at. */
interface Level {
  readonly path: LayerPath;
  readonly children: readonly (readonly [ByteName, UpperNode])[];
  next: number;
}

function levelOf({ children }: UpperDirectory, path: LayerPath): Level {
  return { path, children: [...children].sort(([one], [other]) => (one < other ? -1 : 1)), next: 0 };
}

interface Directory extends UpperDirectory {
  isOpaque: boolean;
  readonly children: Map<ByteName, UpperNode>;
  readonly owner: symbol;
}

function isDirectory(directory: UpperDirectory): directory is Directory {
  return 'owner' in directory;
}

function newDirectory(inode: InodeId, isOpaque: boolean, owner: symbol): Directory {
  return { kind: 'directory', inode, isOpaque, children: new Map(), owner };
}

function unfit(path: LayerPath): EngineError {
  return new EngineError('damaged', path, 'an edit of the writable layer does not fit what is there');
}
