import { type Item, naiveUnion } from './naiveUnion.ts';
import type { Random } from './random.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/** `cap_net_bind_service`, as a kernel takes it (`struct vfs_cap_data`, revision 2). */
export const capability = '\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0';

/**
 * A random stack below one folder that every engine unpacks, layer by layer, to exactly our tree, and that has of
 * everything that containers change: names of one file, links to folders, set-ID bits, capabilities, whiteouts and opaque
 * folders. What overlay engines are known to do otherwise (formats.md §2.3) does not occur: parents are listed, nothing is
 * removed and made in one layer, hard links stay in their layer.
 */
export function overlayLayers(random: Random, root: string): TarEntrySpec[][] {
  const layers = [lowest(random, root)];
  for (let count = 1 + random.below(3); count > 0; count--)
    layers.push(new UpperLiteral(random, root, naiveUnion(layers).tree).entries());
  return layers;
}

/** Paths of a stack with a leading slash. */
export function pathsOf(layers: readonly (readonly TarEntrySpec[])[]): readonly string[] {
  return Array.from(naiveUnion(layers).tree.keys(), (path) => `/${path}`);
}

function lowest(random: Random, root: string): TarEntrySpec[] {
  const all: TarEntrySpec[] = [
    { name: '', type: 'dir' },
    { name: 'a', type: 'dir', mode: 0o2775, gid: 50 },
    { name: 'a/b', type: 'dir', xattrs: { 'user.folder': 'x' } },
    { name: 'a/b/deep', type: 'dir', mode: 0o700, uid: 1000 },
    { name: 'a/b/deep/file', content: 'deep' },
    { name: 'a/b/one', content: 'linked', mtime: '1600000000.250000000' },
    { name: 'a/b/two', type: 'hardlink', link: `${root}/a/b/one` },
    { name: 'a/file', content: 'a file', uid: 33, gid: 33, mode: 0o640 },
    { name: 'b', content: 'bee' },
    { name: 'c', type: 'dir' },
    { name: 'c/able', content: 'able', mode: 0o755, xattrs: { 'security.capability': capability } },
    { name: 'c/marked', content: 'marked', xattrs: { 'user.a': '1\xff' } },
    { name: 'c/passwd', content: 'setuid', mode: 0o4755 },
    { name: 'c/three', type: 'hardlink', link: `${root}/a/b/one` },
    { name: 'c/wall', content: 'setgid', mode: 0o2755, gid: 5 },
    { name: 'c/weird', content: 'all', mode: 0o6745, xattrs: { 'security.capability': capability } },
    { name: 'd', type: 'symlink', link: 'a' },
    { name: 'empty', type: 'dir' },
    { name: 'null', type: 'char', dev: [1, 3] },
    { name: 'pipe', type: 'fifo' },
    { name: 'up', type: 'symlink', link: random.pick(['a/b', './c', `../${root}/a`, `/${root}/c`]) },
  ];
  return all.map((entry) => {
    const link = entry.type === 'hardlink' ? attributesOfTarget(all, root, entry) : {};
    return { mtime: randomTime(random), ...entry, ...link, name: join(root, entry.name) };
  });
}

/** The header of a link says of the file what the file's own says. */
function attributesOfTarget(
  all: readonly TarEntrySpec[],
  root: string,
  { link }: TarEntrySpec,
): Partial<TarEntrySpec> {
  const { mode, uid, gid, mtime } = all.find(({ name }) => join(root, name) === link) ?? { name: '' };
  return { ...(mode && { mode }), ...(uid && { uid }), ...(gid && { gid }), ...(mtime && { mtime }) };
}

/** One more layer over a tree. */
class UpperLiteral {
  readonly #random: Random;
  readonly #root: string;
  readonly #lower: ReadonlyMap<string, Item>;
  readonly #removed = new Set<string>();
  readonly #opaque = new Set<string>();
  readonly #own = new Map<string, TarEntrySpec>();

  constructor(random: Random, root: string, lower: ReadonlyMap<string, Item>) {
    this.#random = random;
    this.#root = root;
    this.#lower = lower;
  }

  entries(): TarEntrySpec[] {
    this.#mark();
    for (let count = this.#random.below(12); count > 0; count--) this.#add();
    const markers = [...this.#removed, ...this.#opaque].flatMap((path) => this.#markerOf(path));
    return [...this.#own.values(), ...markers].sort((one, other) =>
      keyOf(one.name) < keyOf(other.name) ? -1 : 1,
    );
  }

  #mark(): void {
    for (const [path, { type }] of [...this.#lower].sort(([one], [other]) => (one < other ? -1 : 1))) {
      if (path === this.#root || this.#isHidden(path)) continue;
      const choice = this.#random.below(12);
      if (choice === 0) this.#removed.add(path);
      if (choice === 1 && type === 'dir') this.#opaque.add(path);
    }
  }

  #add(): void {
    const folder = this.#random.pick(this.#folders());
    const name = this.#random.pick(['a', 'b', 'c', 'd', 'new', 'file', 'empty', 'more']);
    const path = `${folder}/${name}`;
    if (this.#removed.has(path) || this.#own.has(path) || this.#opaque.has(path)) return;
    if (this.#isParent(path) || !this.#list(folder)) return;
    this.#own.set(path, this.#entryAt(path));
  }

  #entryAt(name: string): TarEntrySpec {
    const random = this.#random;
    const usual = { name, mtime: randomTime(random), uid: random.pick([0, 0, 1000]), gid: random.below(3) };
    switch (random.pick(['file', 'file', 'file', 'dir', 'dir', 'symlink', 'hardlink', 'block'])) {
      case 'dir':
        return { ...usual, type: 'dir', mode: random.pick([0o755, 0o700, 0o2755]) };
      case 'symlink':
        return { ...usual, type: 'symlink', link: random.pick(['a', '../b', '.', 'no/where']) };
      case 'block':
        return { ...usual, type: 'block', dev: [7, random.below(3)] };
      case 'hardlink':
        return this.#linkAt(name) ?? { ...usual, content: 'instead' };
      default:
        return {
          ...usual,
          mode: random.pick([0o644, 0o600, 0o4755, 0o2755]),
          content: random.pick(['', 'upper']),
        };
    }
  }

  #linkAt(name: string): TarEntrySpec | undefined {
    // A name that comes later could not be linked to.
    const targets = [...this.#own.values()].filter(
      (entry) => entry.type === undefined && keyOf(entry.name) < keyOf(name),
    );
    if (targets.length === 0) return undefined;
    const { name: link, mode, uid, gid, mtime } = this.#random.pick(targets);
    return { name, type: 'hardlink', link, ...{ mode, uid, gid, mtime } } as TarEntrySpec;
  }

  /** Folders that are seen here. */
  #folders(): readonly string[] {
    const lower = [...this.#lower].filter(([path, { type }]) => type === 'dir' && this.#isSeen(path));
    const own = [...this.#own].filter(([, { type }]) => type === 'dir');
    return [...new Set([...lower, ...own].map(([path]) => path))].sort();
  }

  #isSeen(path: string): boolean {
    const own = this.#own.get(path);
    return (own === undefined || own.type === 'dir') && !this.#removed.has(path) && !this.#isHidden(path);
  }

  #isHidden(path: string): boolean {
    return ancestorsOf(path).some((above) => {
      const own = this.#own.get(above);
      return this.#removed.has(above) || this.#opaque.has(above) || (own !== undefined && own.type !== 'dir');
    });
  }

  #isParent(path: string): boolean {
    return [...this.#own.keys(), ...this.#removed, ...this.#opaque].some((each) =>
      each.startsWith(`${path}/`),
    );
  }

  /** Lists a folder and those it is in, as they are; whether all of them are folders. */
  #list(folder: string): boolean {
    for (const path of [...ancestorsOf(folder), folder]) {
      const own = this.#own.get(path);
      if (own !== undefined && own.type !== 'dir') return false;
      if (own !== undefined) continue;
      const lower = this.#lower.get(path);
      if (lower?.type !== 'dir') return false;
      const { mode, uid, gid, mtime = 0, xattrs } = lower;
      const kept = Object.fromEntries(JSON.parse(xattrs) as [string, string][]);
      this.#own.set(path, { name: path, type: 'dir', mode, uid, gid, mtime, xattrs: kept });
    }
    return true;
  }

  #markerOf(path: string): readonly TarEntrySpec[] {
    if (this.#removed.has(path)) {
      const cut = path.lastIndexOf('/');
      const marker = { name: `${path.slice(0, cut)}/.wh.${path.slice(cut + 1)}`, mode: 0o600 };
      return this.#list(path.slice(0, cut)) ? [marker] : [];
    }
    return this.#list(path) ? [{ name: `${path}/.wh..wh..opq`, mode: 0o600 }] : [];
  }
}

function randomTime(random: Random): number | string {
  return random.pick([1_234_567_890, 1_500_000_000, 1_600_000_000, '1600000000.123456789']);
}

function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function join(root: string, name: string): string {
  return name === '' ? root : `${root}/${name}`;
}

/** Sorts folders right before what is in them. */
function keyOf(path: string): string {
  return path.replaceAll('/', '\0');
}
