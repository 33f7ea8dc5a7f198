import assert from 'node:assert/strict';
import { type LayerPath, parentPath } from '../../../src/engine/base/layerPath.ts';
import { LayerChanges } from '../../../src/engine/compare/layerChanges.ts';
import { comparePaths } from '../../../src/engine/rootfs/comparePaths.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import type { LayerChange } from '../../../src/engine/rootfs/rootfs.ts';
import type { LayerLiteral } from '../../support/buildImage.ts';
import { naiveUnion } from '../../support/naiveUnion.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import type { TarEntrySpec } from '../../support/tarBytes.ts';
import { indexLayer, unionOf } from '../../support/unionOf.ts';

describe('LayerChanges', () => {
  it('tells what a layer adds, lists again and removes, and what lies on the way', () => {
    const all = changesOf(
      { 'etc/': '', 'etc/motd': 'hello', 'etc/gone': 'x', 'var/keep': '' },
      { 'etc/motd': 'hello, world', 'etc/.wh.gone': '', 'var/log/new': 'four' },
    );
    assert.deepEqual(all, [
      'modified /etc (on the way) 12',
      'removed /etc/gone 0',
      'modified /etc/motd 12',
      'modified /var (on the way) 4',
      'added /var/log (on the way) 4',
      'added /var/log/new 4',
    ]);
  });

  it('lists what was in a removed directory', () => {
    assert.deepEqual(changesOf({ 'd/e/f': 'x' }, { '.wh.d': '' }), [
      'removed /d 0',
      'removed /d/e (on the way) 0',
      'removed /d/e/f (on the way) 0',
    ]);
  });

  it('lists what an opaque directory hides, and not what it has anew', () => {
    const all = changesOf(
      { 'd/old': 'x', 'd/both': 'x' },
      { 'd/': '', 'd/.wh..wh..opq': '', 'd/both': 'y', 'd/new': '' },
    );
    assert.deepEqual(all, ['modified /d 1', 'modified /d/both 1', 'added /d/new 0', 'removed /d/old 0']);
  });

  it('lists what was in a directory that became something else', () => {
    assert.deepEqual(changesOf({ 'd/f': 'x' }, { d: 'file' }), [
      'modified /d 4',
      'removed /d/f (on the way) 0',
    ]);
  });

  it('does not tell of removals of nothing, nor of links to nothing', () => {
    const lower = { a: 'x' };
    assert.deepEqual(changesOf(lower, { '.wh.b': '', 'c/.wh.d': '' }), ['added /c (on the way) 0']);
    assert.deepEqual(changesOf(lower, [{ name: 'a', type: 'hardlink', link: 'nothing' }]), []);
  });

  it('counts each inode’s bytes once', () => {
    const [d] = changesOf({}, [
      { name: 'd/a', content: 'four' },
      { name: 'd/b', type: 'hardlink', link: 'd/a' },
    ]);
    assert.equal(d, 'added /d (on the way) 4');
  });

  it('equals the difference of two naive unions, for random stacks', async function () {
    this.timeout(20_000);
    for (let seed = 1; seed <= 600; seed++) {
      const layers = randomLayers(new Random(seed));
      const changes = new LayerChanges(createUnionView(layers.map(indexLayer)));
      const all = [...changes.all()];
      assert.deepEqual(all.map(withoutSize), naiveChanges(layers), `seed ${seed}`);
      const own = all.filter(({ isOwn }) => isOwn);
      const counts = Object.entries(await changes.count());
      for (const [kind, count] of counts)
        assert.equal(count, own.filter((each) => each.kind === kind).length);
      for (const directory of new Set(['/' as LayerPath, ...all.map(({ path }) => path)]))
        assert.deepEqual(
          changes.in(directory),
          all.filter(({ path }) => parentPath(path) === directory),
          `seed ${seed}, ${directory}`,
        );
    }
  });
});

function changesOf(lower: LayerLiteral, upper: LayerLiteral): readonly string[] {
  const all = new LayerChanges(unionOf([lower, upper])).all();
  return Array.from(all, (change) => `${withoutSize(change)} ${change.size}`);
}

function withoutSize({ kind, path, isOwn, entry, before }: LayerChange): string {
  assert.equal(entry === undefined, kind === 'removed');
  assert.equal(before === undefined, kind === 'added');
  return `${kind} ${path}${isOwn ? '' : ' (on the way)'}`;
}

function naiveChanges(layers: readonly (readonly TarEntrySpec[])[]): readonly string[] {
  const { tree: before } = naiveUnion(layers.slice(0, -1));
  const { tree: after, top } = naiveUnion(layers);
  const paths = [...new Set([...before.keys(), ...after.keys()])].map((path) => `/${path}` as LayerPath);
  return paths.sort(comparePaths).flatMap((path) => {
    const key = path.slice(1);
    const own = top.tree.get(key);
    const isListed = top.removed.has(key) || own?.isImplied === false;
    if (!after.has(key)) {
      const parent = parentPath(path).slice(1);
      const isTopmost = parent === '' || after.get(parent)?.type === 'dir';
      return [`removed ${path}${isTopmost ? '' : ' (on the way)'}`];
    }
    const kind = before.has(key) ? 'modified' : 'added';
    return own === undefined ? [] : [`${kind} ${path}${isListed ? '' : ' (on the way)'}`];
  });
}
