import assert from 'node:assert/strict';
import { EngineError, isEngineError } from '../../../src/engine/base/errors.ts';
import { type LayerPath, parseLayerPath, rootPath } from '../../../src/engine/base/layerPath.ts';
import type { ContainerFileChange } from '../../../src/engine/containers/containerFiles.ts';
import type { FileTree } from '../../../src/engine/containers/fileTree.ts';
import { revertPaths } from '../../../src/engine/containers/revertPaths.ts';
import type { ChangedAspect } from '../../../src/engine/snapshots/containerDiff.ts';
import { layerTar } from '../../support/buildImage.ts';
import { collectTar } from '../../support/collectTar.ts';
import { contentOf, unionOf } from '../../support/unionOf.ts';

const layer = {
  'etc/': { type: 'dir', mode: 0o750 },
  'etc/motd': { content: 'hello\n', mode: 0o640, uid: 7, gid: 8 },
  'etc/conf.d/a': 'a\n',
  'etc/conf.d/b': 'b\n',
  'etc/link': { type: 'symlink', link: 'motd' },
} as const;

function changed(kind: ContainerFileChange['kind'], path: string, ...differs: ChangedAspect[]) {
  return { kind, path: parseLayerPath(path), differs };
}

describe('revertPaths', () => {
  const tars = [layerTar(layer)];
  const view = unionOf([layer]);
  const base: FileTree = {
    view,
    read: async function* (file, range) {
      await Promise.resolve();
      yield contentOf(view, tars, file).subarray(range.start, range.end);
    },
  };
  let sent: string[];
  let removed: string[];
  let refusal: EngineError | undefined;
  beforeEach(() => {
    [sent, removed, refusal] = [[], [], undefined];
  });

  async function revert(changes: readonly ContainerFileChange[], ...paths: readonly string[]) {
    return revertPaths(
      {
        base,
        archive: {
          async put(directory, tar) {
            assert.equal(directory, rootPath);
            const pieces: Uint8Array[] = [];
            for await (const piece of tar) pieces.push(piece);
            const { entries, problems } = await collectTar(Buffer.concat(pieces));
            assert.deepEqual(problems, []);
            sent.push(
              ...entries.map(({ name, mode, uid, size }) => `${name} ${mode.toString(8)} ${uid} ${size}`),
            );
          },
        },
        news: { ownCopy: () => undefined, tell: () => undefined },
        remove(path: LayerPath) {
          removed.push(path);
          return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
        },
      },
      changes,
      paths.map(parseLayerPath),
    );
  }

  it('writes what was changed or removed again, with mode and owner, and of a folder that is there only itself', async () => {
    const changes = [
      changed('modified', '/etc', 'mode'),
      changed('removed', '/etc/conf.d'),
      changed('modified', '/etc/link', 'content'),
      changed('modified', '/etc/motd', 'content', 'mtime'),
    ];
    assert.deepEqual(await revert(changes, '/'), []);
    assert.deepEqual(sent, [
      'etc/ 750 0 0',
      'etc/conf.d/ 755 0 0',
      'etc/conf.d/a 644 0 2',
      'etc/conf.d/b 644 0 2',
      'etc/link 777 0 0',
      'etc/motd 640 7 6',
    ]);
    assert.deepEqual(removed, []);
  });

  it('takes a folder as a whole where something else is in its place', async () => {
    await revert([changed('modified', '/etc/conf.d', 'type')], '/etc/conf.d');
    assert.deepEqual(
      sent.map((line) => line.split(' ')[0]),
      ['etc/conf.d/', 'etc/conf.d/a', 'etc/conf.d/b'],
    );
  });

  it('leaves alone what is not asked for, and folders that are only on the way', async () => {
    const changes = [changed('modified', '/etc'), changed('modified', '/etc/motd', 'content')];
    await revert([...changes, changed('added', '/etc/motd2')], '/etc/motd');
    assert.deepEqual(sent, ['etc/motd 640 7 6']);
    assert.deepEqual(removed, []);
  });

  it('removes what was added, a folder at once', async () => {
    const changes = ['/a', '/a/b', '/a/c', '/a.txt', '/z'].map((path) => changed('added', path));
    await revert(changes, '/');
    assert.deepEqual(sent, []);
    assert.deepEqual(removed, ['/a', '/a.txt', '/z']);
  });

  it('says what could not be removed, and takes what is gone for removed', async () => {
    refusal = new EngineError('unsupported', '/a', 'it does not run');
    const failures = await revert([changed('added', '/a'), changed('added', '/b')], '/');
    assert.deepEqual(
      failures.map(({ path, failure }) => [path, failure.code]),
      [
        ['/a', 'unsupported'],
        ['/b', 'unsupported'],
      ],
    );
    refusal = new EngineError('not-found', '/a', 'it is gone');
    assert.deepEqual(await revert([changed('added', '/a')], '/'), []);
    refusal = new EngineError('cancelled', '/a', 'cancelled');
    await assert.rejects(revert([changed('added', '/a')], '/'), (error) => isEngineError(error, 'cancelled'));
  });
});
