import type { Random } from './random.ts';

/** One change of a container's files, as a person would do it. */
export type ContainerOperation =
  | { readonly do: 'writeFile' | 'append'; readonly path: string; readonly text: string }
  | { readonly do: 'write'; readonly path: string; readonly offset: number; readonly text: string }
  | { readonly do: 'truncate'; readonly path: string; readonly size: number }
  | { readonly do: 'mkdir' | 'unlink' | 'rmdir' | 'removeAll'; readonly path: string }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'makeNode'; readonly path: string; readonly node: 'char' | 'block' | 'fifo' }
  | { readonly do: 'link' | 'rename'; readonly path: string; readonly to: string }
  | { readonly do: 'chmod'; readonly path: string; readonly mode: number }
  | ({ readonly do: 'chown'; readonly path: string; readonly uid: number; readonly gid: number } & LastLink)
  | ({ readonly do: 'utimes'; readonly path: string; readonly mtime: string } & LastLink)
  | { readonly do: 'setXattr'; readonly path: string; readonly name: string; readonly value: string };

/** Whether a link in the last component is what is changed, and not what it leads to. */
interface LastLink {
  readonly isLink: boolean;
}

/** An operation on paths that the stacks of `randomLayers` have too, or do not have. */
export function randomOperation(random: Random): ContainerOperation {
  const path = randomPath(random);
  const kind = random.pick(kinds);
  switch (kind) {
    case 'writeFile':
    case 'append':
      return { do: kind, path, text: randomText(random) };
    case 'write':
      return { do: kind, path, offset: random.below(8), text: randomText(random) };
    case 'truncate':
      return { do: kind, path, size: random.below(8) };
    case 'symlink':
      return { do: kind, path, target: randomTarget(random) };
    case 'link':
    case 'rename':
      return { do: kind, path, to: randomPath(random) };
    case 'chmod':
      return { do: kind, path, mode: random.pick([0o644, 0o4755, 0o6711, 0o700]) };
    case 'chown':
      return {
        do: kind,
        path,
        uid: random.pick([0, 1000, 3_000_000_000]),
        gid: random.below(3),
        isLink: random.chance(0.3),
      };
    case 'utimes':
      return { do: kind, path, mtime: random.pick(times), isLink: random.chance(0.3) };
    case 'setXattr':
      return { do: kind, path, name: random.pick(['user.a', 'security.capability']), value: '\xff\0x' };
    case 'mkdir':
    case 'unlink':
    case 'rmdir':
    case 'removeAll':
      return { do: kind, path };
    case 'makeNode':
      return { do: kind, path, node: random.pick(['char', 'block', 'fifo']) };
  }
}

const times = ['7', '1700000000', '-1.500000000', '12.000000001'];

const kinds = [
  'writeFile',
  'writeFile',
  'append',
  'write',
  'truncate',
  'mkdir',
  'mkdir',
  'unlink',
  'rmdir',
  'removeAll',
  'removeAll',
  'symlink',
  'makeNode',
  'link',
  'link',
  'rename',
  'rename',
  'rename',
  'chmod',
  'chown',
  'utimes',
  'setXattr',
] as const;

function randomPath(random: Random): string {
  const names = ['a', 'a', 'b', 'b', 'c', 'd', '__proto__', 'a.b'];
  return `/${Array.from({ length: 1 + random.below(3) }, () => random.pick(names)).join('/')}`;
}

function randomTarget(random: Random): string {
  const target = randomPath(random);
  return random.pick([target, target.slice(1), `..${target}`, '.']);
}

function randomText(random: Random): string {
  return random.pick(['', 'x', 'hello', 'two words']);
}
