import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { orSkip } from '../../machine/missing.mjs';
import { buildImage } from '../../support/buildImage.ts';
import { runLamina } from '../../support/runLamina.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

const image = buildImage(
  [
    {
      'dir/': { type: 'dir' },
      'dir/kept': 'kept',
      'dir/source/f': 'of the image',
      'empty/': { type: 'dir' },
      file: 'file',
      toDir: { type: 'symlink', link: 'dir' },
      toFile: { type: 'symlink', link: '/file' },
      'run.sh': { content: '#!/bin/sh', mode: 0o750 },
    },
  ],
  { names: ['docker.io/library/copied:1'], runtime: { Cmd: ['/run.sh'] } },
);

/** What is copied, and to where; `c` is the container, other paths are below a folder of their own. */
type Copy = readonly [from: string, to: string, ...options: string[]];

const intoContainer: readonly Copy[] = [
  ['plain', 'c:/dir'],
  ['plain', 'c:/dir/'],
  ['plain', 'c:/dir/.'],
  ['plain', 'c:/new'],
  ['plain', 'c:/new/'],
  ['plain', 'c:/absent/new'],
  ['plain', 'c:/file'],
  ['plain', 'c:/file/'],
  ['plain', 'c:/toDir'],
  ['plain', 'c:/toFile'],
  ['plain', 'c:dir'],
  ['source', 'c:/dir'],
  ['source', 'c:/empty'],
  ['source', 'c:/new'],
  ['source', 'c:/new/'],
  ['source', 'c:/absent/new'],
  ['source', 'c:/file'],
  ['source', 'c:/toDir'],
  ['source/', 'c:/empty'],
  ['source/.', 'c:/dir'],
  ['source/.', 'c:/empty'],
  ['source/.', 'c:/new'],
  ['source/.', 'c:/file'],
  ['plain/', 'c:/dir'],
  ['absent', 'c:/dir'],
  ['link', 'c:/dir'],
  ['link', 'c:/dir', '-L'],
  ['linkToSource', 'c:/empty'],
  ['linkToSource', 'c:/empty', '-L'],
  ['linkToSource/', 'c:/empty'],
];

const fromContainer: readonly Copy[] = [
  ['c:/file', 'here'],
  ['c:/file', 'here/'],
  ['c:/file', 'new'],
  ['c:/file', 'new/'],
  ['c:/file', 'absent/new'],
  ['c:/file', 'plain'],
  ['c:/file/', 'here'],
  ['c:/run.sh', 'here'],
  ['c:/dir', 'here'],
  ['c:/dir', 'new'],
  ['c:/dir', 'new/'],
  ['c:/dir', 'plain'],
  ['c:/dir/', 'here'],
  ['c:/dir/.', 'here'],
  ['c:/dir/.', 'new'],
  ['c:/absent', 'here'],
  ['c:/toDir', 'here'],
  ['c:/toDir', 'here', '-L'],
  ['c:/toDir/', 'here'],
  ['c:/toFile', 'here'],
  ['c:/toFile', 'new', '-L'],
  ['c:/file', 'link'],
];

/** `lamina cp` beside `docker cp`: whether it goes, and what there is then. */
describe('lamina cp does what docker cp does', function () {
  this.timeout(600_000);
  const folder = tempDir();
  for (const name of ['Docker Engine 20.10', 'Docker Engine 29, containerd store'])
    describe(name, () => {
      const store = folder.file(`store ${name}`);
      let engine: RunningEngine | undefined;
      let count = 0;
      const lamina = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await runLamina(args, { store });
        if (code !== 0) throw new Error(`lamina ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
        return stdout;
      };
      const docker = async (...args: readonly string[]): Promise<string> => orFail(engine).cli(args);
      before(async function () {
        const start = runningEngines[name];
        engine = await orSkip(this, () => orFail(start)());
        const archive = writeDockerArchive(image, folder.file(`${name}.tar`), { shape: 'legacy' });
        await docker('load', '-i', archive);
        await lamina('import', archive);
      });
      after(() => engine?.stop());

      for (const [from, to, ...options] of intoContainer)
        it(`cp ${[...options, from, to].join(' ')}`, async () => {
          const container = `c${count++}`;
          const sources = writeSources(folder.file(`sources ${name} ${container}`));
          const target = `${container}${to.slice(1)}`;
          await docker('create', '--name', container, 'copied:1');
          await lamina('create', 'copied:1', '--name', container);
          const args = ['cp', ...options, `${sources}/${from}`, target];
          const [theirs, ours] = [await goes(docker(...args)), await goes(lamina(...args))];
          assert.equal(ours, theirs, 'whether it goes');
          const listed = (await docker('diff', container)).trim().split('\n').sort();
          assert.deepEqual((await lamina('diff', container)).trim().split('\n').sort(), listed);
          await docker('rm', container);
        });

      for (const [from, to, ...options] of fromContainer)
        it(`cp ${[...options, from, to].join(' ')}`, async () => {
          const container = `c${count++}`;
          await docker('create', '--name', container, 'copied:1');
          await lamina('create', 'copied:1', '--name', container);
          const source = `${container}${from.slice(1)}`;
          const [theirs, ours] = ['theirs', 'ours'].map((whose) => {
            const place = writeSources(folder.file(`${whose} ${name} ${container}`));
            mkdirSync(path.join(place, 'here'));
            return place;
          }) as [string, string];
          const went = [
            await goes(docker('cp', ...options, source, `${theirs}/${to}`)),
            await goes(lamina('cp', ...options, source, `${ours}/${to}`)),
          ];
          assert.equal(went[1], went[0], 'whether it goes');
          assert.deepEqual(treeOf(ours), treeOf(theirs));
          await docker('rm', container);
        });
    });
});

function orFail<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no engine');
  return value;
}

async function goes(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}

function writeSources(folder: string): string {
  mkdirSync(path.join(folder, 'source/sub'), { recursive: true });
  writeFileSync(path.join(folder, 'plain'), 'plain');
  writeFileSync(path.join(folder, 'source/f'), 'f');
  writeFileSync(path.join(folder, 'source/sub/g'), 'g');
  chmodSync(path.join(folder, 'source/f'), 0o640);
  symlinkSync('f', path.join(folder, 'source/l'));
  symlinkSync('plain', path.join(folder, 'link'));
  symlinkSync('source', path.join(folder, 'linkToSource'));
  return folder;
}

/** Names, types, permissions and contents below a folder. */
function treeOf(folder: string, prefix = ''): readonly string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const at = path.join(folder, name);
      const stats = lstatSync(at);
      if (stats.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(at)}`];
      if (stats.isDirectory()) return [`${prefix}${name}/`, ...treeOf(at, `${prefix}${name}/`)];
      return [`${prefix}${name} ${(stats.mode & 0o777).toString(8)} ${readFileSync(at, 'utf8')}`];
    });
}
