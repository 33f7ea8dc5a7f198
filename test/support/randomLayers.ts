import type { Random } from './random.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/** A stack of small layers, lowest first, that step on each other's paths in every way the format knows. */
export function randomLayers(random: Random): TarEntrySpec[][] {
  return Array.from({ length: 1 + random.below(4) }, () =>
    Array.from({ length: random.below(12) }, () => randomEntry(random)),
  );
}

/**
 * What of a failing stack is needed to fail: layers, then entries are left out as long as it still fails.
 *
 * @returns the smallest stack found.
 */
export function shrinkLayers(
  layers: readonly (readonly TarEntrySpec[])[],
  fails: (layers: readonly (readonly TarEntrySpec[])[]) => boolean,
): readonly (readonly TarEntrySpec[])[] {
  for (const smaller of withoutOne(layers)) if (fails(smaller)) return shrinkLayers(smaller, fails);
  for (const [at, layer] of layers.entries())
    for (const less of withoutOne(layer)) {
      const smaller = layers.with(at, less);
      if (fails(smaller)) return shrinkLayers(smaller, fails);
    }
  return layers;
}

function* withoutOne<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at++) yield items.toSpliced(at, 1);
}

function randomEntry(random: Random): TarEntrySpec {
  if (random.chance(0.25))
    return { name: randomMarker(random), type: random.pick(['file', 'file', 'dir', 'char']) };
  const type = random.pick(types);
  const common = { name: randomPath(random), type, ...randomAttributes(random) };
  if (type === 'file') return { ...common, content: random.pick(['', 'one', 'two', 'three']) };
  if (type === 'symlink' || type === 'hardlink') return { ...common, link: randomTarget(random) };
  return type === 'char' || type === 'block'
    ? { ...common, dev: [random.below(3), random.below(3)] }
    : common;
}

const types = [
  'file',
  'file',
  'file',
  'dir',
  'dir',
  'symlink',
  'hardlink',
  'hardlink',
  'char',
  'block',
  'fifo',
] as const;

function randomAttributes(random: Random): Partial<TarEntrySpec> {
  return {
    ...(random.chance(0.3) ? { mode: random.pick([0o100644, 0o4755, 0o700, 0, 0o1777]) } : {}),
    ...(random.chance(0.2) ? { uid: random.pick([1, 1000, 3_000_000_000]), gid: random.below(3) } : {}),
    ...(random.chance(0.3)
      ? { mtime: random.pick(['0', '1234567890.000000001', '-5', '-1.500000000', '9']) }
      : {}),
    ...(random.chance(0.15) ? { xattrs: randomXattrs(random) } : {}),
  };
}

function randomXattrs(random: Random): Record<string, string> {
  const names = ['user.a', 'user.b', 'trusted.overlay.opaque', 'user.overlay.origin'];
  return Object.fromEntries(
    names.filter(() => random.chance(0.4)).map((name) => [name, random.pick(['', 'y', '\xff'])]),
  );
}

function randomMarker(random: Random): string {
  const directory = random.chance(0.5) ? '' : `${randomPath(random)}/`;
  const name = random.pick([
    '.wh..wh..opq',
    '.wh..wh..opq',
    '.wh.',
    '.wh..',
    '.wh...',
    ...components.map((each) => `.wh.${each}`),
  ]);
  const below = random.chance(0.05) ? '/below' : '';
  return `${directory}${name}${below}`;
}

function randomPath(random: Random): string {
  if (random.chance(0.03)) return `.wh..wh.${random.pick(['aufs', 'plnk/1', 'plnk/2', 'orph/x'])}`;
  const parts = Array.from({ length: 1 + random.below(3) }, () => random.pick(components));
  if (random.chance(0.05))
    parts.splice(random.below(parts.length + 1), 0, random.pick(['..', '.', '', '../..']));
  return `${random.chance(0.1) ? random.pick(['/', './', '../']) : ''}${parts.join('/')}`;
}

function randomTarget(random: Random): string {
  if (random.chance(0.05))
    return random.pick(['', '.', '/', '..', '.wh..wh.plnk/1', '.wh..wh.plnk/2', '../..', '/../a']);
  return random.chance(0.3) ? `../${randomPath(random)}` : randomPath(random);
}

const components = ['a', 'a', 'b', 'b', 'c', 'd', '__proto__', 'a.b'];
