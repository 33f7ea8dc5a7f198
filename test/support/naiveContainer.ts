import type { ContainerOperation } from './containerOperations.ts';

/** A file of {@link NaiveContainer}; names of one file hold the same object. */
export interface NaiveFile {
  /** Whether it is the image's: then a change makes another file of this name, as overlay does. */
  isImages: boolean;
  type: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: string;
  content: string;
  link: string;
  dev: string;
  xattrs: Map<string, string>;
}

/** What nodes are that operations make. */
const devices = { char: '1:3', block: '7:1', fifo: '' };

/**
 * A container's files as one map from path to file, without layers: what operations of root do, written as simply as
 * possible. Nothing is shared with the engine.
 */
export class NaiveContainer {
  readonly files: Map<string, NaiveFile>;
  readonly #root: NaiveFile;
  readonly #now: string;

  /** @param root what the image has as its root. */
  constructor(files: ReadonlyMap<string, NaiveFile>, root: NaiveFile, now: string) {
    this.#root = copyOf(root);
    this.files = new Map(files);
    this.#now = now;
  }

  /** Whether the operation succeeds; one that fails changes nothing. */
  apply(operation: ContainerOperation): boolean {
    const { path } = operation;
    switch (operation.do) {
      case 'writeFile':
        return this.#writeFile(path, operation.text);
      case 'append':
        return this.#edit(path, (old) => old + operation.text, operation.text === '');
      case 'write':
        return this.#write(path, operation.offset, operation.text);
      case 'truncate':
        return this.#edit(path, (old) => old.slice(0, operation.size).padEnd(operation.size, '\0'));
      case 'mkdir':
        return this.#make(path, { type: 'dir', mode: 0o755 });
      case 'symlink':
        return this.#make(path, { type: 'symlink', mode: 0o777, link: operation.target });
      case 'makeNode':
        return this.#make(path, { type: operation.node, mode: 0o644, dev: devices[operation.node] });
      case 'link':
        return this.#link(path, operation.to);
      case 'rename':
        return this.#rename(path, operation.to);
      case 'unlink':
        return this.#remove(path, (file) => file.type !== 'dir');
      case 'rmdir':
        return this.#remove(path, (file, at) => file.type === 'dir' && this.#inside(at).length === 0);
      case 'removeAll':
        return this.#remove(path, () => true);
      case 'chmod':
        return this.#change(this.#target(path), (file) => (file.mode = operation.mode));
      case 'chown':
        return this.#change(this.#last(operation.path, operation.isLink), (file) => {
          file.uid = operation.uid;
          file.gid = operation.gid;
          if (file.type === 'dir' || file.type === 'symlink') return;
          file.mode &= (file.mode & 0o010) === 0 ? 0o3777 : 0o1777;
          file.xattrs.delete('security.capability');
        });
      case 'utimes':
        return this.#change(
          this.#last(operation.path, operation.isLink),
          (file) => (file.mtime = operation.mtime),
        );
      case 'setXattr':
        return this.#setXattr(path, operation.name, operation.value);
    }
  }

  #writeFile(path: string, text: string): boolean {
    const at = this.#target(path);
    if (at === undefined || at === '/') return false;
    if (this.files.has(at)) return this.#edit(at, () => text);
    this.#put(at, { type: 'file', mode: 0o644, content: text });
    return true;
  }

  #write(path: string, offset: number, text: string): boolean {
    const edit = (old: string): string =>
      old.slice(0, offset).padEnd(offset, '\0') + text + old.slice(offset + text.length);
    return this.#edit(path, edit, text === '');
  }

  #edit(path: string, edit: (content: string) => string, isNothing = false): boolean {
    const at = this.#target(path);
    if (at === undefined || this.files.get(at)?.type !== 'file') return false;
    if (isNothing) return this.#change(at, () => undefined);
    return this.#change(at, (file) => {
      file.content = edit(file.content);
      file.mtime = this.#now;
      file.xattrs.delete('security.capability');
    });
  }

  #change(at: string | undefined, change: (file: NaiveFile) => unknown): boolean {
    if (at !== undefined && at !== '/' && !this.files.has(at)) return false;
    if (at === undefined) return false;
    change(at === '/' ? this.#root : this.#own(at));
    return true;
  }

  #setXattr(path: string, name: string, value: string): boolean {
    const at = this.#target(path);
    const type = at === undefined ? undefined : this.files.get(at)?.type;
    if (name.startsWith('user.') && type !== undefined && type !== 'file' && type !== 'dir') return false;
    return this.#change(at, (file) => file.xattrs.set(name, value));
  }

  #make(path: string, file: Partial<NaiveFile>): boolean {
    const at = this.#place(path);
    if (at === undefined || this.files.has(at)) return false;
    this.#put(at, file);
    return true;
  }

  #put(at: string, file: Partial<NaiveFile>): void {
    const usual = { uid: 0, gid: 0, mtime: this.#now, content: '', link: '', dev: '', xattrs: new Map() };
    const folder = this.files.get(at.slice(0, at.lastIndexOf('/'))) ?? this.#root;
    const made = { ...usual, isImages: false, type: 'file', mode: 0, ...file };
    if ((folder.mode & 0o2000) !== 0) {
      made.gid = folder.gid;
      if (made.type === 'dir') made.mode |= 0o2000;
    }
    this.files.set(at, made);
    this.#touchParent(at);
  }

  #link(path: string, to: string): boolean {
    const [from, at] = [this.#place(path), this.#place(to)];
    const file = from === undefined ? undefined : this.files.get(from);
    if (from === undefined || file === undefined || file.type === 'dir') return false;
    if (at === undefined || this.files.has(at)) return false;
    this.files.set(at, this.#own(from));
    this.#touchParent(at);
    return true;
  }

  #rename(path: string, to: string): boolean {
    const [from, at] = [this.#place(path), this.#place(to)];
    const file = from === undefined ? undefined : this.files.get(from);
    if (from === undefined || file === undefined || at === undefined) return false;
    const old = this.files.get(at);
    if (from === at || (old === file && !file.isImages)) return true;
    if (at.startsWith(`${from}/`)) return false;
    if (old !== undefined && file.type === 'dir' && (old.type !== 'dir' || this.#inside(at).length > 0))
      return false;
    if (old?.type === 'dir' && file.type !== 'dir') return false;
    const moved = [from, ...this.#inside(from)].map((each) => [each, this.files.get(each)!] as const);
    const copies = new Map<NaiveFile, NaiveFile>();
    this.#erase(at);
    this.#erase(from);
    for (const [each, one] of moved) {
      if (!copies.has(one)) copies.set(one, one.isImages ? copyOf(one) : one);
      this.files.set(at + each.slice(from.length), copies.get(one)!);
    }
    this.#touchParent(from);
    this.#touchParent(at);
    return true;
  }

  #remove(path: string, may: (file: NaiveFile, at: string) => boolean): boolean {
    const at = this.#place(path);
    const file = at === undefined ? undefined : this.files.get(at);
    if (at === undefined || file === undefined || !may(file, at)) return false;
    this.#erase(at);
    this.#touchParent(at);
    return true;
  }

  #erase(at: string): void {
    for (const each of [at, ...this.#inside(at)]) this.files.delete(each);
  }

  #inside(at: string): string[] {
    return [...this.files.keys()].filter((each) => each.startsWith(`${at}/`));
  }

  #touchParent(at: string): void {
    const parent = at.slice(0, at.lastIndexOf('/'));
    if (parent !== '') this.#own(parent).mtime = this.#now;
  }

  #own(at: string): NaiveFile {
    const file = this.files.get(at)!;
    if (!file.isImages) return file;
    const copy = copyOf(file);
    this.files.set(at, copy);
    return copy;
  }

  /** The real path of a name in a folder that is there. */
  #place(path: string): string | undefined {
    const cut = path.lastIndexOf('/');
    const folder = this.#follow(path.slice(0, cut));
    const isFolder = folder === '/' || (folder !== undefined && this.files.get(folder)?.type === 'dir');
    return isFolder ? `${folder === '/' ? '' : folder}/${path.slice(cut + 1)}` : undefined;
  }

  /** Where a path leads, its last component too, which need not be there. */
  #target(path: string): string | undefined {
    return this.#follow(path);
  }

  /** A link itself, or what it leads to. */
  #last(path: string, isLink: boolean): string | undefined {
    return isLink ? this.#place(path) : this.#target(path);
  }

  #follow(path: string): string | undefined {
    const left = path.split('/').filter((part) => part !== '');
    let at = '';
    for (let links = 0; left.length > 0;) {
      const part = left.shift()!;
      if (part === '.') continue;
      if (part === '..') {
        at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
        continue;
      }
      const file = this.files.get(`${at}/${part}`);
      if (file?.type === 'symlink') {
        if (++links > 40 || file.link === '') return undefined;
        if (file.link.startsWith('/')) at = '';
        left.unshift(...file.link.split('/').filter((each) => each !== ''));
      } else {
        const isLast = left.every((each) => each === '.');
        if (!isLast && file?.type !== 'dir') return undefined;
        at = `${at}/${part}`;
      }
    }
    return at === '' ? '/' : at;
  }
}

function copyOf(file: NaiveFile): NaiveFile {
  return { ...file, xattrs: new Map(file.xattrs), isImages: false };
}
