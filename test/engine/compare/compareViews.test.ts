import assert from 'node:assert/strict';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { compareViews } from '../../../src/engine/compare/compareViews.ts';
import { comparePaths } from '../../../src/engine/rootfs/comparePaths.ts';
import { createUnionView, type MergedView } from '../../../src/engine/rootfs/unionView.ts';
import type { LayerLiteral } from '../../support/buildImage.ts';
import { type Item, naiveUnion } from '../../support/naiveUnion.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import { indexLayer } from '../../support/unionOf.ts';

describe('compareViews', () => {
  it('tells what is added, removed and modified, and in what', async () => {
    const found = await changes(
      viewOf({ 'd/a': 'x', 'd/same': 'x', gone: '', dir: 'file' }),
      viewOf([
        { name: 'd/a', content: 'y', mode: 0o600 },
        { name: 'd/same', content: 'x' },
        { name: 'dir/new', content: '' },
      ]),
    );
    assert.deepEqual(found, [
      'modified /d/a content mode',
      'modified /dir type mode mtime',
      'added /dir/new',
      'removed /gone',
    ]);
  });

  it('tells nothing of a file system and itself', async () => {
    const literal = { 'd/a': 'x', b: 'y' };
    assert.deepEqual(await changes(viewOf(literal), viewOf(literal)), []);
  });

  it('does not look at what both have from the same layers', async () => {
    const base = indexLayer({ 'usr/lib/a': 'x', 'etc/b': 'x' });
    const after = createUnionView([base, indexLayer({ 'etc/b': 'y' })]);
    let listed = 0;
    const children = after.merger.children.bind(after.merger);
    after.merger.children = (directory) => {
      listed++;
      return children(directory);
    };
    assert.deepEqual(await changes(createUnionView([base]), after), ['modified /etc/b content']);
    // The root and /etc, but not /usr.
    assert.equal(listed, 2);
  });

  it('equals the difference of two naive unions, for random stacks', async function () {
    this.timeout(20_000);
    for (let seed = 1; seed <= 400; seed++) {
      const random = new Random(seed);
      const [one, other] = [randomLayers(random), randomLayers(random)];
      const shared = random.below(one.length + 1);
      const right = [...one.slice(0, shared), ...other];
      const indexes = one.map(indexLayer);
      const after = createUnionView([...indexes.slice(0, shared), ...other.map(indexLayer)]);
      const found = await changes(createUnionView(indexes), after);
      assert.deepEqual(found, naiveDifference(naiveUnion(one).tree, naiveUnion(right).tree), `seed ${seed}`);
    }
  });
});

function viewOf(layer: LayerLiteral): MergedView {
  return createUnionView([indexLayer(layer)]);
}

async function changes(before: MergedView, after: MergedView): Promise<readonly string[]> {
  const said: string[] = [];
  const same = (): Promise<boolean> => Promise.reject(new Error('all contents are hashed'));
  for await (const { kind, path, differs } of compareViews(before, after, same))
    said.push([kind, path, ...differs].join(' '));
  return said;
}

function naiveDifference(
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
): readonly string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].map((path) => `/${path}` as LayerPath);
  return paths.sort(comparePaths).flatMap((path) => {
    const [was, is] = [before.get(path.slice(1)), after.get(path.slice(1))];
    if (was === undefined) return [`added ${path}`];
    if (is === undefined) return [`removed ${path}`];
    const isOneType = was.type === is.type;
    const differs = [
      ...(isOneType ? [] : ['type']),
      ...(isOneType && was.link !== is.link ? ['link'] : []),
      ...(isOneType && (was.content !== is.content || was.dev !== is.dev) ? ['content'] : []),
      ...(was.mode === is.mode ? [] : ['mode']),
      ...(was.uid === is.uid && was.gid === is.gid ? [] : ['owner']),
      ...(was.mtime === is.mtime ? [] : ['mtime']),
      ...(was.xattrs === is.xattrs ? [] : ['xattr']),
    ];
    return differs.length === 0 ? [] : [['modified', path, ...differs].join(' ')];
  });
}
