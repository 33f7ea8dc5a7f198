import type { TarEntrySpec } from './tarBytes.ts';

/**
 * The rules of formats.md §2.2 written as simply as possible: plain maps, one layer after another, nothing shared with
 * the engine. Slow, and only for entries as tests write them (no GNU or PAX oddities; those are the scanner's).
 */
export function naiveUnion(layers: readonly (readonly TarEntrySpec[])[]): NaiveUnion {
  const issues = new Set<string>();
  let lower = new Map<string, Item>();
  let top = new NaiveLayer([], lower, issues);
  for (const entries of layers) {
    top = new NaiveLayer(entries, lower, issues);
    lower = merge(lower, top);
  }
  return { tree: lower, issues, top: { tree: top.tree, removed: top.removed } };
}

export interface NaiveUnion {
  /** By path without a leading slash. */
  readonly tree: ReadonlyMap<string, Item>;
  readonly issues: ReadonlySet<string>;
  /** The highest layer's own tree and removals. */
  readonly top: { readonly tree: ReadonlyMap<string, Item>; readonly removed: ReadonlySet<string> };
}

/** An inode: names that are linked hold the same object. */
export interface Item {
  type: string;
  mode: number;
  uid: number;
  gid: number;
  /** Undefined for a directory that nobody lists. */
  mtime: string | undefined;
  content: string;
  link: string;
  dev: string;
  xattrs: string;
  isImplied: boolean;
}

class NaiveLayer {
  readonly tree = new Map<string, Item>();
  readonly removed = new Set<string>();
  readonly opaque = new Set<string>();
  /** Directories that are there for markers only. */
  readonly forMarkers = new Set<string>();
  /** Links that had no target yet, and their targets. */
  readonly late = new Map<string, string>();
  readonly #sources = new Map<string, Item>();
  readonly #lower: ReadonlyMap<string, Item>;
  readonly #issues: Set<string>;

  constructor(entries: readonly TarEntrySpec[], lower: ReadonlyMap<string, Item>, issues: Set<string>) {
    this.#lower = lower;
    this.#issues = issues;
    for (const entry of entries) this.#take(entry);
    this.#bindLate();
    this.#dropRemovedMarkers();
    for (const path of this.removed)
      if (this.tree.get(path)?.type === 'dir') issues.add('whiteout-of-recreated-directory');
  }

  #take(entry: TarEntrySpec): void {
    const parts = this.#clean(entry.name, 'path-escapes-root');
    const base = parts.at(-1);
    if (base === undefined) {
      if (entry.type !== 'dir') this.#issues.add('root-not-directory');
      else this.#overlayXattrs(entry);
      return;
    }
    if (parts[0]?.startsWith('.wh..wh.') === true && parts.join('/') !== '.wh..wh..opq') {
      const isFile = entry.type === undefined || entry.type === 'file';
      if (parts[0] === '.wh..wh.plnk' && parts.length === 2 && isFile)
        this.#sources.set(base, this.#item(entry));
      return;
    }
    if (parts.slice(0, -1).some((part) => part.startsWith('.wh.'))) {
      this.#issues.add('entry-below-whiteout');
      return;
    }
    const isMarker = base.startsWith('.wh.');
    if (isMarker && ['', '.', '..'].includes(base.slice(4))) this.#issues.add('invalid-whiteout');
    else if (entry.type === 'hardlink' && !isMarker) this.#takeHardLink(entry, parts);
    else {
      const parent = this.#resolve(parts.slice(0, -1));
      if (parent === undefined) return;
      this.#makeDirectories(parent, isMarker);
      if (base === '.wh..wh..opq') this.opaque.add(parent.join('/'));
      else if (isMarker) this.removed.add([...parent, base.slice(4)].join('/'));
      else this.#put([...parent, base].join('/'), this.#item(entry));
    }
  }

  #takeHardLink(entry: TarEntrySpec, parts: readonly string[]): void {
    const before = this.#issues.size;
    const target = this.#clean(entry.link ?? '', 'hardlink-escapes-root');
    if (this.#issues.size > before || this.#climbs(entry.link ?? '')) return;
    if (target[0] === '.wh..wh.plnk' && target.length > 1) {
      const source = target.length === 2 ? this.#sources.get(target[1] ?? '') : undefined;
      const parent = source === undefined ? undefined : this.#resolve(parts.slice(0, -1));
      if (source === undefined) this.#issues.add('hardlink-target-missing');
      if (source === undefined || parent === undefined) return;
      this.#makeDirectories(parent, false);
      this.#put([...parent, parts.at(-1) ?? ''].join('/'), { ...source });
      return;
    }
    const parent = this.#resolve(parts.slice(0, -1));
    const targetParent = this.#resolve(target.slice(0, -1));
    if (parent === undefined || targetParent === undefined) return;
    const path = [...parent, parts.at(-1) ?? ''].join('/');
    const targetPath = [...targetParent, ...target.slice(-1)].join('/');
    const found = this.tree.get(targetPath);
    const isLate = this.late.has(targetPath);
    if (target.length === 0 || (found?.type === 'dir' && !isLate)) this.#issues.add('hardlink-to-directory');
    else if (path === targetPath) this.#issues.add('hardlink-to-self');
    else if (found !== undefined && !isLate) this.#linkNow(parent, path, found, entry);
    else {
      // A link to a link that waits waits for the same.
      const awaited = this.late.get(targetPath) ?? targetPath;
      this.#makeDirectories(parent, false);
      this.#put(path, { ...implied(), type: 'file', isImplied: false });
      this.late.set(path, awaited);
    }
  }

  #linkNow(parent: readonly string[], path: string, found: Item, entry: TarEntrySpec): void {
    this.#makeDirectories(parent, false);
    const own = this.#item(entry);
    found.uid = own.uid;
    found.gid = own.gid;
    if (found.type !== 'symlink') {
      found.mode = own.mode;
      found.mtime = own.mtime;
    }
    if (own.xattrs !== '[]') found.xattrs = own.xattrs;
    this.#put(path, found);
  }

  /** In the lower layers as they were; else in this layer as it is now; through links that wait themselves. */
  #bindLate(): void {
    const find = (path: string, seen: ReadonlySet<string>): Item | undefined => {
      const target = this.late.get(path);
      if (target === undefined) {
        const own = this.tree.get(path);
        return own?.type === 'dir' ? undefined : own;
      }
      const below = this.#lower.get(target);
      if (below !== undefined) return below.type === 'dir' ? undefined : below;
      return seen.has(path) ? undefined : find(target, new Set([...seen, path]));
    };
    const bound = new Map<string, Item | undefined>();
    for (const [path, target] of this.late) {
      bound.set(path, find(path, new Set()));
      const below = this.#lower.get(target);
      const own = this.tree.get(target);
      if (below?.type === 'dir') this.#issues.add('hardlink-to-directory');
      else if (below !== undefined) this.#issues.add('hardlink-to-lower-layer');
      else if (own !== undefined && own.type !== 'dir') this.#issues.add('hardlink-before-target');
      else this.#issues.add('hardlink-target-missing');
    }
    for (const [path, item] of bound) {
      if (item === undefined) this.tree.delete(path);
      else this.tree.set(path, item);
    }
  }

  /** `rm -rf` written as the whiteout of a directory and of what was in it: nothing is made. */
  #dropRemovedMarkers(): void {
    for (const path of [...this.forMarkers]) {
      const above = ancestors(path).concat(path);
      if (above.some((each) => this.removed.has(each))) this.tree.delete(path);
    }
  }

  #put(path: string, item: Item): void {
    const old = this.tree.get(path);
    const isBoth = old?.type === 'dir' && item.type === 'dir';
    if (old !== undefined && !isBoth) this.#drop(path);
    this.late.delete(path);
    this.tree.set(path, item);
    this.forMarkers.delete(path);
  }

  /** Takes away an entry and everything in it, markers included. */
  #drop(path: string): void {
    const isInside = (each: string): boolean => each.startsWith(`${path}/`);
    for (const each of [...this.tree.keys()]) if (isInside(each)) this.tree.delete(each);
    for (const set of [this.removed, this.opaque, this.forMarkers])
      for (const each of [...set]) if (isInside(each)) set.delete(each);
    for (const each of [...this.late.keys()]) if (isInside(each)) this.late.delete(each);
    this.opaque.delete(path);
    this.forMarkers.delete(path);
    this.tree.delete(path);
    this.late.delete(path);
  }

  #makeDirectories(path: readonly string[], isForMarker: boolean): void {
    for (let length = 1; length <= path.length; length++) {
      const each = path.slice(0, length).join('/');
      const there = this.tree.get(each);
      if (there?.type === 'dir') {
        if (!isForMarker) this.forMarkers.delete(each);
        continue;
      }
      if (there !== undefined) {
        this.#issues.add('entry-under-non-directory');
        this.#drop(each);
      }
      this.tree.set(each, implied());
      if (isForMarker) this.forMarkers.add(each);
    }
  }

  /** A directory's path with this layer's links followed; undefined for a loop. */
  #resolve(parts: readonly string[]): string[] | undefined {
    let left = [...parts];
    let at: string[] = [];
    let escapes = false;
    for (let links = 0; left.length > 0;) {
      const [name = '', ...rest] = left;
      left = rest;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (at.pop() === undefined) escapes = true;
        continue;
      }
      const item = this.tree.get([...at, name].join('/'));
      if (item?.type !== 'symlink' || item.link === '') {
        at.push(name);
        continue;
      }
      if (++links > 40) {
        this.#issues.add('symlink-loop');
        return undefined;
      }
      let target = item.link.split('/');
      if (item.link.startsWith('/')) {
        at = [];
        while (target.length > 0 && ['', '.', '..'].includes(target[0] ?? '')) target = target.slice(1);
      }
      left = [...target, ...left];
    }
    if (escapes) this.#issues.add('path-escapes-root');
    return at;
  }

  #clean(name: string, issue: string): string[] {
    if (this.#climbs(name)) this.#issues.add(issue);
    const kept: string[] = [];
    for (const part of name.split('/')) {
      if (part === '..') kept.pop();
      else if (part !== '' && part !== '.') kept.push(part);
    }
    return kept;
  }

  #climbs(name: string): boolean {
    let depth = 0;
    for (const part of name.split('/')) {
      if (part === '..') depth--;
      else if (part !== '' && part !== '.') depth++;
      if (depth < 0) return true;
    }
    return false;
  }

  #item(entry: TarEntrySpec): Item {
    const { type = 'file' } = entry;
    return {
      type: type === 'hardlink' ? 'file' : type,
      mode: type === 'symlink' ? 0o777 : (entry.mode ?? (type === 'dir' ? 0o755 : 0o644)) & 0o7777,
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      mtime: String(entry.mtime ?? 1_700_000_000),
      content: type === 'file' ? String(entry.content ?? '') : '',
      link: type === 'symlink' ? (entry.link ?? '') : '',
      dev: type === 'char' || type === 'block' ? (entry.dev ?? [0, 0]).join(':') : '',
      xattrs: this.#overlayXattrs(entry),
      isImplied: false,
    };
  }

  #overlayXattrs(entry: TarEntrySpec): string {
    const all = Object.entries(entry.xattrs ?? {});
    const own = all.filter(([name]) => !/^(trusted|user)\.overlay\./.test(name));
    if (own.length < all.length) this.#issues.add('overlay-xattr-ignored');
    return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function merge(lower: ReadonlyMap<string, Item>, layer: NaiveLayer): Map<string, Item> {
  const merged = new Map<string, Item>();
  for (const [path, item] of lower) if (!isHidden(path, layer)) merged.set(path, item);
  for (const [path, item] of layer.tree) {
    const below = merged.get(path);
    const keepsAttributes = item.type === 'dir' && item.isImplied && below?.type === 'dir';
    merged.set(path, keepsAttributes ? below : item);
  }
  return merged;
}

function isHidden(path: string, layer: NaiveLayer): boolean {
  const above = ancestors(path);
  const isReplaced = (each: string): boolean => {
    const item = layer.tree.get(each);
    return item !== undefined && item.type !== 'dir';
  };
  return (
    layer.removed.has(path) ||
    layer.opaque.has('') ||
    above.some((each) => layer.removed.has(each) || layer.opaque.has(each) || isReplaced(each))
  );
}

function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function implied(): Item {
  return {
    type: 'dir',
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: undefined,
    content: '',
    link: '',
    dev: '',
    xattrs: '[]',
    isImplied: true,
  };
}
