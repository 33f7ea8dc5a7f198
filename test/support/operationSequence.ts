import type { ContainerOperation } from './containerOperations.ts';
import { capability, overlayLayers, pathsOf } from './overlayLayers.ts';
import { Random } from './random.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/** What is done to one container, or to its own part of one: nothing at or below other roots. */
export interface OperationSequence {
  readonly seed: number;
  /** Absolute paths. The image has the first one. */
  readonly roots: readonly string[];
  /** What the image has there. */
  readonly layers: readonly (readonly TarEntrySpec[])[];
  readonly operations: readonly ContainerOperation[];
}

/** The same for the same seed. Most operations are of what is there. */
export function operationSequence(seed: number): OperationSequence {
  const random = new Random(seed);
  const layers = overlayLayers(random, `s${seed}`);
  const roots = [`/s${seed}`, `/s${seed}.x`, `/s${seed}.y`];
  const generator = new Generator(random, roots, pathsOf(layers));
  const operations: ContainerOperation[] = [];
  for (let steps = 4 + random.below(22); steps > 0; steps--) operations.push(...generator.next());
  return { seed, roots, layers, operations };
}

class Generator {
  readonly #random: Random;
  readonly #roots: readonly string[];
  /** Of the image, and what operations were to make. */
  readonly #known: string[];

  constructor(random: Random, roots: readonly string[], known: readonly string[]) {
    this.#random = random;
    this.#roots = roots;
    this.#known = [...known];
  }

  /** One operation, or a few that people do one after another. */
  next(): readonly ContainerOperation[] {
    const random = this.#random;
    const path = this.#there();
    switch (random.pick(kinds)) {
      case 'writeFile':
        return [{ do: 'writeFile', path: this.#either(), text: this.#text() }];
      case 'append':
        return [{ do: 'append', path, text: this.#text() }];
      case 'write':
        return [{ do: 'write', path, offset: random.below(9), text: this.#text() }];
      case 'truncate':
        return [{ do: 'truncate', path, size: random.below(9) }];
      case 'chmod':
        return [{ do: 'chmod', path, mode: random.pick(modes) }];
      case 'chown':
        return [
          {
            do: 'chown',
            path,
            uid: random.pick([0, 1000, 3_000_000_000]),
            gid: random.pick([0, 5, 50]),
            isLink: random.chance(0.4),
          },
        ];
      case 'utimes':
        return [{ do: 'utimes', path, mtime: random.pick(times), isLink: random.chance(0.4) }];
      case 'setXattr':
        return [{ do: 'setXattr', path, ...random.pick(attributes) }];
      case 'mkdir':
        return [{ do: 'mkdir', path: this.#new() }];
      case 'symlink':
        return [{ do: 'symlink', path: this.#new(), target: this.#target() }];
      case 'makeNode':
        return [{ do: 'makeNode', path: this.#new(), node: random.pick(['char', 'block', 'fifo']) }];
      case 'link':
        return [{ do: 'link', path, to: this.#either() }];
      case 'rename':
        return [{ do: 'rename', path, to: this.#either() }];
      case 'renameWithin':
        return [{ do: 'rename', path, to: `${parentOf(path)}/${random.pick(names)}` }];
      case 'unlink':
        return [{ do: 'unlink', path }];
      case 'rmdir':
        return [{ do: 'rmdir', path }];
      case 'removeAll':
        return [{ do: 'removeAll', path }];
      case 'makeAnew':
        return [{ do: 'removeAll', path }, ...this.#madeAt(path)];
      case 'rewrite':
        return [
          { do: 'writeFile', path, text: 'a file' },
          { do: 'utimes', path, mtime: random.pick(times), isLink: false },
        ];
    }
  }

  #madeAt(path: string): readonly ContainerOperation[] {
    const made: readonly (readonly ContainerOperation[])[] = [
      [{ do: 'writeFile', path, text: this.#text() }],
      [{ do: 'mkdir', path }],
      [
        { do: 'mkdir', path },
        { do: 'writeFile', path: `${path}/file`, text: 'again' },
        { do: 'mkdir', path: `${path}/b` },
      ],
      [{ do: 'symlink', path, target: this.#target() }],
    ];
    return this.#random.pick(made);
  }

  #either(): string {
    return this.#random.chance(0.4) ? this.#there() : this.#new();
  }

  /** Rarely the root itself, since little is left then. */
  #there(): string {
    const path = this.#random.pick(this.#known);
    return this.#roots.includes(path) && this.#random.chance(0.8) ? this.#new() : path;
  }

  #new(): string {
    const random = this.#random;
    if (random.chance(0.1)) return this.#remember(random.pick(this.#roots.slice(1)));
    const folder = random.chance(0.25) ? random.pick(this.#known) : parentOf(random.pick(this.#known));
    return this.#remember(`${folder}/${random.pick(names)}`);
  }

  #remember(path: string): string {
    this.#known.push(path);
    return path;
  }

  #target(): string {
    const random = this.#random;
    return random.pick(['a', '.', '..', '../a/b', 'no/where', random.pick(this.#known)]);
  }

  #text(): string {
    return this.#random.pick(['', 'x', 'hello', 'a longer text', '\0\xff\n']);
  }
}

const names = ['a', 'b', 'c', 'd', 'file', 'new', 'deep', 'caf\xc3\xa9', 'a b', '__proto__'];
const modes = [0o644, 0o755, 0o700, 0o4755, 0o2755, 0o6745, 0o1755, 0];
/** Some are what files of the image have, so that nothing differs in the end. */
const times = ['7', '12.000000001', '1234567890', '1500000000', '1600000000', '1600000000.123456789'];
const attributes = [
  { name: 'user.a', value: 'x\xff' },
  { name: 'security.capability', value: capability },
];

const kinds = [
  ...(['writeFile', 'writeFile', 'append', 'write', 'truncate', 'chmod', 'chown', 'utimes'] as const),
  ...(['setXattr', 'mkdir', 'mkdir', 'symlink', 'makeNode', 'link', 'link', 'rename', 'rename'] as const),
  ...(['rename', 'renameWithin', 'renameWithin', 'unlink', 'rmdir', 'removeAll', 'makeAnew'] as const),
  ...(['makeAnew', 'rewrite'] as const),
];

/** The folder a path is in; never the root of all. */
function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut > 0 ? path.slice(0, cut) : path;
}
