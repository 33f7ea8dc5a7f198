import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import type { TarEntrySpec } from '../support/tarBytes.ts';
import type { Shape } from './shapes.ts';

/** What is written to in containers of both images. */
export const smallFile = '/data/small';
/** In the large image alone. */
export const largeFile = '/data/large';

/** An image of a kilobyte, beside a shell for engines that can only write by a program inside. */
export const tinyImage: Shape = {
  name: 'tiny',
  what: 'a file of 1 kB, and a shell',
  layers: [() => [...shell(), { name: 'data/small', content: 'small\n'.repeat(170) }]],
};

/** A layer of zeros: all that a tool does for each byte it has to do, and the archive stays small. */
export function zerosImage(gigabytes: number): Shape {
  const files = Math.round((gigabytes - 1) * 16);
  return {
    name: `zeros-${gigabytes}`,
    what: `${gigabytes} GB of zeros in ${files + 1} files, and a shell`,
    layers: [() => zeros(files)],
  };
}

function* zeros(files: number): Generator<TarEntrySpec> {
  yield* shell();
  yield { name: 'data/small', content: 'small\n'.repeat(170) };
  yield { name: 'data/large', content: Buffer.alloc(1 << 30) };
  const content = Buffer.alloc(64 << 20);
  for (let file = 0; file < files; file++) yield { name: `data/zeros/${file}`, content };
}

/** This machine's `dash`, and the libraries it loads. */
function shell(): readonly TarEntrySpec[] {
  if (!existsSync('/bin/dash')) return [];
  const { stdout } = spawnSync('/usr/bin/ldd', ['/bin/dash'], { encoding: 'utf8' });
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file = '']) => file);
  const files = ['/bin/sh', ...libraries].map((file) => ({
    name: file.slice(1),
    content: readFileSync(file === '/bin/sh' ? '/bin/dash' : realpathSync(file)),
    mode: 0o755,
  }));
  const folders = ['dev', 'proc', 'sys', 'etc', 'tmp'].map((name) => ({ name, type: 'dir' as const }));
  return [...folders, ...files];
}
