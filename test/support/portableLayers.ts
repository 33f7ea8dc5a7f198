import { type NaiveUnion, naiveUnion } from './naiveUnion.ts';
import type { Random } from './random.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/**
 * A random stack that umoci 0.4.7 is to unpack to exactly our tree. What it is known to do otherwise (formats.md §2.3)
 * does not occur: links of lower layers as parents, markers in directories that are not there, opaque markers after what
 * they must not touch, attributes in the headers of hard links, links without a target, AUFS's names, `.wh.` and `.wh..`.
 */
export function portableLayers(random: Random, root: string): TarEntrySpec[][] {
  const layers: TarEntrySpec[][] = [];
  for (let count = 2 + random.below(3); count > 0; count--) layers.push([]);
  for (const [at, layer] of layers.entries()) {
    const lower = layers.slice(0, at);
    if (at === 0) layer.push({ name: root, type: 'dir' });
    const below = naiveUnion(lower);
    if (at > 0) layer.push(...markers(random, root, below));
    for (let entries = random.below(10); entries > 0; entries--)
      layer.push(...entryWithParents(random, root, naiveUnion([...lower, layer])));
  }
  return layers;
}

/** Whiteouts and opaque markers of what is below; none in a directory that another one hides: umoci would look for it. */
function markers(random: Random, root: string, below: NaiveUnion): TarEntrySpec[] {
  const marked = new Map<string, TarEntrySpec>();
  for (const [path, item] of below.tree) {
    const isHidden = [...marked.keys()].some((each) => path.startsWith(`${each}/`));
    if (isHidden || !path.startsWith(`${root}/`)) continue;
    const slash = path.lastIndexOf('/');
    const whiteout = { name: `${path.slice(0, slash)}/.wh.${path.slice(slash + 1)}` };
    const choice = random.below(10);
    if (choice === 0) marked.set(path, whiteout);
    if (choice === 1 && item.type === 'dir') marked.set(path, { name: `${path}/.wh..wh..opq` });
  }
  // A directory may stand in the map after what is in it.
  return [...marked]
    .filter(([path]) => ![...marked.keys()].some((each) => path.startsWith(`${each}/`)))
    .map(([, entry]) => entry);
}

function entryWithParents(random: Random, root: string, now: NaiveUnion): TarEntrySpec[] {
  const names = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick(['a', 'b', 'c', 'a.b', '__proto__']),
  );
  const entry = entryAt(random, [root, ...names].join('/'), root, now);
  const parents = names.slice(0, -1).map((_, at) => [root, ...names.slice(0, at + 1)].join('/'));
  // One layer does not make two kinds of thing of one path.
  const isTurned = [...parents, entry.name].some((path) => {
    const own = now.top.tree.get(path);
    return own !== undefined && (own.type === 'dir') !== (path !== entry.name || entry.type === 'dir');
  });
  if (isTurned) return [];
  const listed = parents.filter((path) => {
    const there = now.tree.get(path);
    return (there !== undefined && there.type !== 'dir') || random.chance(0.6);
  });
  return [...listed.map((name): TarEntrySpec => ({ name, type: 'dir', ...attributes(random) })), entry];
}

function entryAt(random: Random, name: string, root: string, now: NaiveUnion): TarEntrySpec {
  const entry = { name, ...attributes(random) };
  switch (random.pick(['file', 'file', 'dir', 'symlink', 'hardlink', 'char', 'fifo'])) {
    case 'dir':
      return { ...entry, type: 'dir' };
    case 'symlink':
      return { ...entry, type: 'symlink', link: random.pick(['a', '../b', '/etc/passwd', 'no/where']) };
    case 'char':
      return { ...entry, type: 'char', dev: [1, 1 + random.below(8)] };
    case 'fifo':
      return { ...entry, type: 'fifo' };
    case 'hardlink':
      return hardLinkAt(random, name, root, now) ?? { ...entry, content: 'instead' };
    default:
      return { ...entry, content: random.pick(['', 'one', 'two']) };
  }
}

/** To a file of this layer or a lower one, with the attributes that the file has. */
function hardLinkAt(random: Random, name: string, root: string, now: NaiveUnion): TarEntrySpec | undefined {
  const isTarget = (path: string): boolean =>
    path.startsWith(`${root}/`) &&
    path !== name &&
    !name.startsWith(`${path}/`) &&
    !path.startsWith(`${name}/`);
  const targets = [...now.tree].filter(([path, { type }]) => type === 'file' && isTarget(path));
  if (targets.length === 0) return undefined;
  const [link, { mode, uid, gid, mtime }] = random.pick(targets);
  return { name, type: 'hardlink', link, mode, uid, gid, ...(mtime === undefined ? {} : { mtime }) };
}

function attributes(random: Random): Partial<TarEntrySpec> {
  return {
    mode: random.pick([0o644, 0o755, 0o700, 0o4755, 0o1777]),
    uid: random.pick([0, 1000, 65_534]),
    gid: random.below(3),
    mtime: random.pick([0, 1, 1_234_567_890, 1_700_000_000]),
  };
}
