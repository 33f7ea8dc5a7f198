import assert from 'node:assert/strict';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { blame } from '../../../src/engine/compare/blame.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import type { LayerLiteral } from '../../support/buildImage.ts';
import { naiveUnion } from '../../support/naiveUnion.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import { indexLayer, indexTar } from '../../support/unionOf.ts';
import { layerTar } from '../../support/buildImage.ts';

describe('blame', () => {
  it('tells every layer that touched a path, newest first, with what differs', async () => {
    const layers: LayerLiteral[] = [
      { 'etc/motd': 'one' },
      { 'etc/other': '' },
      { 'etc/motd': 'two' },
      [{ name: 'etc/motd', content: 'two', mode: 0o600, uid: 1, mtime: 5, xattrs: { 'user.a': '' } }],
      [{ name: 'etc/motd', content: 'two', mode: 0o600, uid: 1, mtime: 5, xattrs: { 'user.a': '' } }],
      { 'etc/.wh.motd': '' },
      [{ name: 'etc/motd', type: 'symlink', link: 'a' }],
      [{ name: 'etc/motd', type: 'symlink', link: 'b' }],
      [{ name: 'etc/motd', type: 'char', dev: [1, 1], mode: 0o777 }],
      [{ name: 'etc/motd', type: 'char', dev: [1, 2], mode: 0o777 }],
    ];
    assert.deepEqual(await touches(layers, '/etc/motd'), [
      '9 modified content',
      '8 modified type',
      '7 modified link',
      '6 added',
      '5 removed by whiteout',
      '4 modified',
      '3 modified mode owner mtime xattr',
      '2 modified content',
      '0 added',
    ]);
  });

  it('tells how a path went', async () => {
    const lower = { 'd/e/f': 'x' };
    for (const [upper, how] of [
      [{ 'd/e/.wh.f': '' }, 'whiteout'],
      [{ 'd/e/.wh..wh..opq': '' }, 'opaque'],
      [{ 'd/.wh..wh..opq': '' }, 'opaque'],
      [{ 'd/.wh.e': '' }, 'parent'],
      [{ '.wh.d': '', 'd/': '' }, 'parent'],
      [{ d: 'file' }, 'parent'],
    ] as const)
      assert.equal((await touches([lower, upper], '/d/e/f'))[0], `1 removed by ${how}`);
  });

  it('leaves out directories on the way, and removals of what was not there', async () => {
    assert.deepEqual(await touches([{ 'd/a': '' }, { 'd/b': '' }, { 'd/': '' }], '/d'), [
      '2 modified mtime',
      '0 added',
    ]);
    assert.deepEqual(await touches([{ a: '' }, { '.wh.b': '' }], '/b'), []);
  });

  it('follows links in the path’s parents, for what is gone too', async () => {
    const layers: LayerLiteral[] = [
      [
        { name: 'bin', type: 'symlink', link: 'usr/bin' },
        { name: 'usr/bin/sh', content: 'x' },
      ],
      { 'usr/bin/.wh.sh': '' },
    ];
    assert.deepEqual(await touches(layers, '/bin/sh'), ['1 removed by whiteout', '0 added']);
    assert.deepEqual(await touches(layers, '/bin'), ['0 added']);
  });

  it('asks for the contents of files of one size where layers have no hashes', async () => {
    const layers = ['one', 'two', 'three', ''].map((f) => indexTar(layerTar({ f }), { hashes: false }));
    const asked: string[] = [];
    const found = await blame(layers, '/f' as LayerPath, (before, after) => {
      asked.push(`${before.layer} ${after.layer}`);
      return Promise.resolve(true);
    });
    assert.deepEqual(
      found.map(({ differs }) => differs),
      [['content'], ['content'], [], []],
    );
    assert.deepEqual(asked, ['0 1']);
  });

  it('equals the history of naive unions, for random stacks', async function () {
    this.timeout(20_000);
    for (let seed = 1; seed <= 300; seed++) {
      const layers = randomLayers(new Random(seed));
      const unions = layers.map((_, position) => naiveUnion(layers.slice(0, position + 1)));
      const view = createUnionView(layers.map(indexLayer));
      for (const path of new Set(unions.flatMap(({ tree }) => [...tree.keys()]))) {
        if (view.followParents(`/${path}` as LayerPath) !== `/${path}`) continue;
        const expected = unions.flatMap(({ tree, top }, position) => {
          const [before, after] = [unions[position - 1]?.tree.get(path), tree.get(path)];
          if (after === undefined) return before === undefined ? [] : [`${position} removed`];
          if (before === undefined) return [`${position} added`];
          const own = top.tree.get(path);
          const isOnTheWay = own?.isImplied === true && before.type === 'dir' && !top.removed.has(path);
          return own === undefined || isOnTheWay ? [] : [`${position} modified`];
        });
        const found = await blame(view.layers, `/${path}` as LayerPath, () => Promise.resolve(false));
        const said = found.map(({ layer, change }) => `${layer} ${change}`);
        assert.deepEqual(said, expected.reverse(), `seed ${seed}, ${path}`);
      }
    }
  });
});

async function touches(layers: readonly LayerLiteral[], path: string): Promise<readonly string[]> {
  const same = (): Promise<boolean> => Promise.reject(new Error('all contents are hashed'));
  const found = await blame(layers.map(indexLayer), path as LayerPath, same);
  return found.map(({ layer, change, differs, removedBy }) =>
    [layer, change, ...differs, ...(removedBy === undefined ? [] : ['by', removedBy])].join(' '),
  );
}
