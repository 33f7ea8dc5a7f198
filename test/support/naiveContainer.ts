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
  readonly #now: string;

  constructor(files: ReadonlyMap<string, NaiveFile>, now: string) {
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
        return this.#edit(path, (old) => old + operation.text);
      case 'write':
        return this.#edit(path, (old) => {
          const { offset, text } = operation;
          return old.slice(0, offset).padEnd(offset, '\0') + text + old.slice(offset + text.length);
        });
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
        return this.#change(this.#target(path), (file) => file.xattrs.set(operation.name, operation.value));
    }
  }

  #writeFile(path: string, text: string): boolean {
    const at = this.#target(path);
    if (at === undefined || at === '/') return false;
    if (this.files.has(at)) return this.#edit(at, () => text);
    this.#put(at, { type: 'file', mode: 0o644, content: text });
    return true;
  }

  #edit(path: string, edit: (content: string) => string): boolean {
    const at = this.#target(path);
    if (at === undefined || this.files.get(at)?.type !== 'file') return false;
    return this.#change(at, (file) => {
      file.content = edit(file.content);
      file.mtime = this.#now;
      file.xattrs.delete('security.capability');
    });
  }

  #change(at: string | undefined, change: (file: NaiveFile) => unknown): boolean {
    if (at === '/') return true;
    if (at === undefined || !this.files.has(at)) return false;
    change(this.#own(at));
    return true;
  }

  #make(path: string, file: Partial<NaiveFile>): boolean {
    const at = this.#place(path);
    if (at === undefined || this.files.has(at)) return false;
    this.#put(at, file);
    return true;
  }

  #put(at: string, file: Partial<NaiveFile>): void {
    const usual = { uid: 0, gid: 0, mtime: this.#now, content: '', link: '', dev: '', xattrs: new Map() };
    this.files.set(at, { ...usual, isImages: false, type: 'file', mode: 0, ...file });
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
