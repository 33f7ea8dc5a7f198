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
import type { ContainerDirectory, ContainerNode, ContainerView } from './containerView.ts';
import type { Edit } from './edit.ts';
import { type Inode, type InodeId, type Piece, rootInode } from './inode.ts';
import { toModificationTime } from './modificationTime.ts';
import { lengthOf, overwritten, resized } from './pieces.ts';
import { type Found, locate, locateTarget } from './locate.ts';
import { revertEdits } from './revertEdits.ts';
import { UpperTreeCopy } from './upperTreeCopy.ts';

/**
 * What a new file has when it is not said: root's, and `umask` 022. In a folder with the set-group-ID bit it is the
 * folder's group, and a folder gets the bit too.
 */
export interface NewAttributes {
  /** Permission bits. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Changes a container's files as system calls of root in it would, with what overlay does to the writable layer: a file
 * of the image is copied up before it is changed, with its folders; what is removed is hidden; a folder made anew is
 * opaque. Links in parents are followed inside the root. Each call changes the view at once and collects its edits.
 *
 * Calls throw EngineError: `not-found`, `already-exists` (also for a folder that is not empty), `not-a-file`,
 * `not-a-directory`, `symlink-loop`, `invalid-path`, `denied`. A call that throws has changed nothing that shows, but the edits so
 * far must not be kept.
 */
export class UpperLayer {
  readonly edits: Edit[] = [];
  readonly view: ContainerView;
  /** The time of every change, as `currentModificationTime` gives it. */
  readonly #now: string;

  constructor(view: ContainerView, now: string) {
    this.view = view;
    this.#now = now;
  }

  /** Replaces a file's content, or makes the file; a link in the last component is followed, to what is not there too. */
  writeFile(path: LayerPath, content: readonly Piece[], attributes: NewAttributes = {}): void {
    const at = locateTarget(this.view, path);
    if (at.node === undefined) this.#createFile(at, content, attributes);
    else this.#setContent(this.#file(at.path), () => content);
  }

  /** Replaces bytes from an offset on; beyond the end, what lies between is zeros. No bytes only copy the file up. */
  write(path: LayerPath, offset: number, bytes: readonly Piece[]): void {
    const at = this.#file(path);
    if (lengthOf(bytes) === 0) this.#copyUp(at.path);
    else this.#setContent(at, (content) => overwritten(content, offset, bytes));
  }

  append(path: LayerPath, bytes: readonly Piece[]): void {
    const at = this.#file(path);
    if (lengthOf(bytes) === 0) this.#copyUp(at.path);
    else this.#setContent(at, (content) => [...content, ...bytes]);
  }

  truncate(path: LayerPath, size: number): void {
    this.#setContent(this.#file(path), (content) => resized(content, size));
  }

  mkdir(path: LayerPath, attributes: NewAttributes = {}): void {
    const at = this.#free(path);
    this.#touchParent(at);
    const id = this.#newInode({ ...this.#attributes(at, attributes, 'dir'), content: [] });
    this.#putDirectory(at, id);
  }

  symlink(path: LayerPath, target: ByteName, attributes: NewAttributes = {}): void {
    const at = this.#free(path);
    const inode = { ...this.#attributes(at, attributes, 'symlink'), mode: 0o777, linkTarget: target };
    this.#create(at, { ...inode, content: [] });
  }

  /** A device or a pipe. */
  makeNode(
    path: LayerPath,
    node: { readonly type: 'fifo' } | { readonly type: 'char' | 'block'; readonly device: Inode['device'] },
    attributes: NewAttributes = {},
  ): void {
    const device = 'device' in node && node.device !== undefined ? { device: node.device } : {};
    const at = this.#free(path);
    this.#create(at, { ...this.#attributes(at, attributes, node.type), ...device, content: [] });
  }

  /** A second name for a file. One of the image is copied up first; its other names there stay the image's. */
  link(existing: LayerPath, path: LayerPath): void {
    const from = this.#there(existing, 'keep');
    if (from.node.kind === 'directory') throw new EngineError('not-a-file', existing, 'it is a folder');
    const at = this.#free(path);
    const id = this.#copyUp(from.path);
    this.#touchParent(at);
    this.#do({ do: 'name', path: at.path, id });
  }

  /** Removes a name of anything but a folder. */
  unlink(path: LayerPath): void {
    const at = this.#there(path, 'keep');
    if (at.node.kind === 'directory') throw new EngineError('not-a-file', path, 'it is a folder');
    this.#remove(at);
  }

  /** Removes an empty folder. */
  rmdir(path: LayerPath): void {
    const at = this.#there(path, 'keep');
    this.#requireEmpty(at);
    this.#remove(at);
  }

  /** Removes whatever is there with all that is in it. */
  removeAll(path: LayerPath): void {
    this.#remove(this.#there(path, 'keep'));
  }

  /** As `rename(2)` where it can, else as `mv` ends: a folder of the image is copied up, its hard links kept, and hidden. */
  rename(path: LayerPath, to: LayerPath): void {
    const from = this.#there(path, 'keep');
    const at = locate(this.view, to);
    if (from.path === at.path || this.#isSameFile(from.node, at.node)) return;
    if (from.path === rootPath || at.path.startsWith(`${from.path}/`))
      throw new EngineError('invalid-path', to, 'a folder cannot be moved into itself');
    this.#requireReplaceable(from.node, at);
    requireName(at.path);
    this.#touchParent(from);
    this.#touchParent(at);
    if (from.node.kind === 'leaf') this.#do({ do: 'name', path: at.path, id: this.#copyUp(from.path) });
    else this.#moveDirectory(from.node, from, at);
    this.#erase(from);
  }

  /**
   * As {@link rename}, for people who move things about: what is at `to` stays, or goes with all that is in it.
   *
   * @throws EngineError `already-exists` when it is to stay.
   */
  move(path: LayerPath, to: LayerPath, there: 'keep' | 'replace'): void {
    const from = this.#there(path, 'keep');
    const at = locate(this.view, to);
    if (at.node === undefined || from.path === at.path) {
      this.rename(path, to);
      return;
    }
    if (there === 'keep') throw new EngineError('already-exists', to, 'there is something already');
    if (from.path.startsWith(`${at.path}/`))
      throw new EngineError('invalid-path', to, 'what is moved is in what it would replace');
    if (this.#isSameFile(from.node, at.node)) this.#remove(from);
    else {
      this.#remove({ ...at, node: at.node });
      this.rename(from.path, at.path);
    }
  }

  /** Sets permission bits; a link is followed. */
  chmod(path: LayerPath, mode: number): void {
    this.#change(this.#there(path), () => ({ mode: mode & 0o7777 }));
  }

  /** Sets the owner; a link is followed unless told otherwise. As in Linux, a program loses its set-user-ID bits. */
  chown(path: LayerPath, uid: number, gid: number, last: 'follow' | 'keep' = 'follow'): void {
    this.#change(this.#there(path, last), (inode) => ({ uid, gid, ...withoutPrivileges(inode) }));
  }

  /** Sets the time of the last change, decimal seconds up to nine places. */
  utimes(path: LayerPath, seconds: string, last: 'follow' | 'keep' = 'follow'): void {
    const mtime = toModificationTime(seconds);
    this.#change(this.#there(path, last), () => ({ mtime }));
  }

  /** Sets extended attributes; a value of undefined takes one away. Only files and folders have a person's own ones. */
  setXattr(path: LayerPath, name: ByteName, value: ByteName | undefined): void {
    const at = this.#there(path);
    const { type } = this.view.inodeAt(at.node, at.path);
    if (name.startsWith('user.') && type !== 'file' && type !== 'dir')
      throw new EngineError('denied', path, `what is of type ${type} cannot have the attribute`);
    this.#change(at, ({ xattrs }) => ({ xattrs: withXattr(xattrs, name, value) }));
  }

  /**
   * Makes the path again what the image has there, see {@link revertEdits}.
   *
   * @throws EngineError `not-a-directory` when the container has something else where a folder of the image was.
   */
  revert(path: LayerPath): void {
    for (const edit of revertEdits(this.view, path, (inode) => this.#newInode(inode))) this.#do(edit);
  }

  #createFile(at: Found, content: readonly Piece[], attributes: NewAttributes): void {
    this.#create(at, { ...this.#attributes(at, attributes, 'file'), content });
  }

  #create(at: Found, inode: Inode): void {
    requireName(at.path);
    this.#touchParent(at);
    this.#do({ do: 'name', path: at.path, id: this.#newInode(inode) });
  }

  #setContent(at: There, edit: (content: readonly Piece[]) => readonly Piece[]): void {
    this.#change(at, (inode) => ({
      content: edit(inode.content).filter(({ length }) => length > 0),
      mtime: this.#now,
      ...(inode.xattrs?.has(capability) === true && {
        xattrs: withXattr(inode.xattrs, capability, undefined),
      }),
    }));
  }

  #change(at: There, edit: (inode: Inode) => InodeChange): void {
    const id = this.#copyUp(at.path);
    const inode = this.view.upper.inode(id);
    if (inode === undefined) throw new EngineError('internal', at.path, 'what was copied up is not there');
    const { xattrs, ...rest } = { ...inode, ...edit(inode) };
    const kept = xattrs === undefined || xattrs.size === 0 ? {} : { xattrs };
    this.#do({ do: 'inode', id, inode: { ...rest, ...kept } });
  }

  /** Makes sure that the writable layer has what is at a real path, and its folders; gives its inode. */
  #copyUp(path: LayerPath): InodeId {
    const has = this.view.upper.at(path);
    if (has !== undefined && has.kind !== 'whiteout' && this.view.upper.inode(has.inode) !== undefined)
      return has.inode;
    let node: ContainerNode | undefined = this.view.root;
    let at = rootPath;
    let id = this.#copyUpNode(node, at);
    for (const name of splitPath(path)) {
      node = node.kind === 'directory' ? this.view.child(node, name) : undefined;
      if (node === undefined) throw new EngineError('not-found', path, 'there is nothing at this path');
      at = joinPath(at, name);
      id = this.#copyUpNode(node, at);
    }
    return id;
  }

  #copyUpNode(node: ContainerNode, path: LayerPath): InodeId {
    const own = node.upper && this.view.upper.inode(node.upper.inode);
    if (node.upper !== undefined && own !== undefined) return node.upper.inode;
    const inode = this.view.inodeAt(node, path);
    if (path === rootPath) {
      this.#do({ do: 'inode', id: rootInode, inode });
      return rootInode;
    }
    const id = this.#newInode(inode);
    if (node.kind === 'directory') this.#do({ do: 'directory', path, id, isOpaque: false });
    else this.#do({ do: 'name', path, id });
    return id;
  }

  #moveDirectory(node: ContainerDirectory, from: There, at: Found): void {
    if (node.lower === undefined) {
      // Nothing of the image is in it: it is only called otherwise.
      this.#do({ do: 'move', from: from.path, to: at.path });
      const moved = this.view.upper.at(at.path);
      if (moved?.kind === 'directory') this.#putDirectory(at, moved.inode);
      return;
    }
    const copy = new UpperTreeCopy(this.view, (inode) => this.#newInode(inode));
    const tree = [...copy.edits(node, from.path, at.path)];
    this.#do({ do: 'forget', path: at.path });
    for (const edit of tree)
      if (edit.do === 'directory' && edit.path === at.path) this.#putDirectory(at, edit.id);
      else this.#do(edit);
  }

  /** A folder where the image has one too is another one, and shows nothing of it. */
  #putDirectory({ parent, path }: Found, id: InodeId): void {
    const isOpaque = this.view.below(parent, baseName(path))?.kind === 'directory';
    this.#do({ do: 'directory', path, id, isOpaque });
  }

  #remove(at: There): void {
    if (at.path === rootPath) throw new EngineError('invalid-path', at.path, 'the root stays');
    this.#touchParent(at);
    this.#erase(at);
  }

  #erase({ parent, path }: Found): void {
    const isBelow = this.view.below(parent, baseName(path)) !== undefined;
    this.#do({ do: isBelow ? 'whiteout' : 'forget', path });
  }

  #touchParent({ path }: Found): void {
    const id = this.#copyUp(parentPath(path));
    const inode = this.view.upper.inode(id);
    if (inode !== undefined) this.#do({ do: 'inode', id, inode: { ...inode, mtime: this.#now } });
  }

  #newInode(inode: Inode): InodeId {
    const id = this.view.upper.nextInode;
    this.#do({ do: 'inode', id, inode });
    return id;
  }

  #do(edit: Edit): void {
    this.view.upper.apply(edit);
    this.edits.push(edit);
  }

  #there(path: LayerPath, last: 'follow' | 'keep' = 'follow'): There {
    const at = last === 'follow' ? locateTarget(this.view, path) : locate(this.view, path);
    if (at.node === undefined) throw new EngineError('not-found', path, 'there is nothing at this path');
    return { ...at, node: at.node };
  }

  /** Where the file is that a path leads to. */
  #file(path: LayerPath): There {
    const at = this.#there(path);
    const { type } = this.view.inodeAt(at.node, at.path);
    if (type !== 'file') throw new EngineError('not-a-file', at.path, `it is of type ${type}`);
    return at;
  }

  #free(path: LayerPath): Found {
    const at = locate(this.view, path);
    if (at.node !== undefined) throw new EngineError('already-exists', path, 'there is something already');
    requireName(at.path);
    return at;
  }

  #requireReplaceable(node: ContainerNode, at: Found): void {
    if (at.node === undefined) return;
    if (node.kind === 'leaf' && at.node.kind === 'directory')
      throw new EngineError('not-a-file', at.path, 'it is a folder');
    if (node.kind === 'directory') this.#requireEmpty({ ...at, node: at.node });
  }

  #requireEmpty({ node, path }: There): void {
    if (node.kind !== 'directory') throw new EngineError('not-a-directory', path, 'this is not a directory');
    if (this.view.children(node).length > 0)
      throw new EngineError('already-exists', path, 'the folder is not empty');
  }

  #isSameFile(one: ContainerNode, other: ContainerNode | undefined): boolean {
    return one.upper !== undefined && one.upper.inode === other?.upper?.inode;
  }

  #attributes({ parent, path }: Found, given: NewAttributes, type: Inode['type']): OwnAttributes {
    const folder = this.view.inodeAt(parent, parentPath(path));
    const groupBit = folder.mode & setGroupId;
    const usual = type === 'dir' ? 0o755 | groupBit : type === 'symlink' ? 0o777 : 0o644;
    const { mode = usual, uid = 0, gid = groupBit === 0 ? 0 : folder.gid } = given;
    return { type, mode: mode & 0o7777, uid, gid, mtime: this.#now };
  }
}

type There = Found & { readonly node: ContainerNode };
type OwnAttributes = Pick<Inode, 'type' | 'mode' | 'uid' | 'gid'> & { readonly mtime: string };
type InodeChange = Partial<Omit<Inode, 'xattrs'>> & { readonly xattrs?: Inode['xattrs'] | undefined };

const setGroupId = 0o2000;
const capability = 'security.capability' as ByteName;

/** What `chown(2)` takes from a file: the set-ID bits, except that of the group on what nobody runs, and capabilities. */
function withoutPrivileges({ type, mode, xattrs }: Inode): InodeChange {
  if (type === 'dir' || type === 'symlink') return {};
  const keepsGroup = (mode & 0o010) === 0;
  return {
    mode: mode & (keepsGroup ? 0o3777 : 0o1777),
    ...(xattrs?.has(capability) === true && { xattrs: withXattr(xattrs, capability, undefined) }),
  };
}

function withXattr(xattrs: Inode['xattrs'], name: ByteName, value: ByteName | undefined): Inode['xattrs'] {
  const others = [...(xattrs ?? [])].filter(([known]) => known !== name);
  const all = value === undefined ? others : [...others, [name, value] as const];
  return new Map(all.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A layer cannot hold such names: they are removals (image-spec, layer.md, "Whiteouts"). */
function requireName(path: LayerPath): void {
  if (baseName(path).startsWith('.wh.'))
    throw new EngineError('invalid-path', path, 'names that begin with .wh. cannot be kept in a layer');
}
