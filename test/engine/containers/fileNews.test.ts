import assert from 'node:assert/strict';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { newsOf } from '../../../src/engine/containers/fileNews.ts';
import { ContainerView } from '../../../src/engine/snapshots/containerView.ts';
import { UpperLayer } from '../../../src/engine/snapshots/upperLayer.ts';
import { UpperState } from '../../../src/engine/snapshots/upperState.ts';
import { unionOf } from '../../support/unionOf.ts';

const image = unionOf([{ 'd/a': '1', 'd/b': { type: 'hardlink', link: 'd/a' }, 'd/sub/c': '2', e: '3' }]);

describe('News of files', () => {
  const cases: readonly (readonly [
    name: string,
    work: (upper: UpperLayer) => void,
    news: readonly string[],
  ])[] = [
    [
      'a write',
      (upper) => {
        upper.writeFile(at('/d/a'), bytes);
      },
      ['changed /d/a'],
    ],
    [
      'a new file',
      (upper) => {
        upper.writeFile(at('/d/new'), bytes);
      },
      ['created /d/new'],
    ],
    [
      'a removal',
      (upper) => {
        upper.unlink(at('/e'));
      },
      ['deleted /e'],
    ],
    [
      'a removed folder, alone',
      (upper) => {
        upper.removeAll(at('/d'));
      },
      ['deleted /d'],
    ],
    [
      'a moved folder, alone',
      (upper) => {
        upper.rename(at('/d'), at('/x'));
      },
      ['deleted /d', 'created /x'],
    ],
    [
      'a mode',
      (upper) => {
        upper.chmod(at('/d'), 0o700);
      },
      ['changed /d'],
    ],
    [
      'a second name',
      (upper) => {
        upper.link(at('/e'), at('/f'));
      },
      ['created /f'],
    ],
    [
      'a folder made anew',
      (upper) => {
        upper.removeAll(at('/d'));
        upper.mkdir(at('/d'));
        upper.writeFile(at('/d/a'), bytes);
      },
      ['deleted /d', 'created /d'],
    ],
    [
      'a file in place of a folder',
      (upper) => {
        upper.removeAll(at('/d'));
        upper.writeFile(at('/d'), bytes);
      },
      ['deleted /d', 'created /d'],
    ],
    [
      'a file over another',
      (upper) => {
        upper.rename(at('/e'), at('/d/a'));
      },
      ['changed /d/a', 'deleted /e'],
    ],
    [
      'what comes to nothing',
      (upper) => {
        upper.writeFile(at('/x'), bytes);
        upper.unlink(at('/x'));
        upper.chmod(at('/e'), 0o644);
      },
      [],
    ],
  ];
  for (const [name, work, expected] of cases)
    it(`tell of ${name}; the same when only the result is known`, () => {
      const before = new ContainerView(image, new UpperState());
      const after = new ContainerView(image, new UpperState(before.upper));
      const upper = new UpperLayer(after, '1800000000');
      work(upper);
      const told = newsOf({ before, after, edits: upper.edits });
      assert.deepEqual(new Set(told.map(({ kind, path }) => `${kind} ${path}`)), new Set(expected));
      assert.deepEqual(newsOf({ before, after, edits: undefined }), told);
    });

  it('tell of a file alone that comes back in a folder made anew', () => {
    const before = new ContainerView(image, new UpperState());
    const upper = new UpperLayer(before, '1800000000');
    upper.removeAll(at('/d'));
    upper.mkdir(at('/d'), { mode: 0o700 });
    const after = new ContainerView(image, new UpperState(before.upper));
    const later = new UpperLayer(after, '1800000001');
    later.revert(at('/d/sub/c'));
    for (const edits of [later.edits, undefined])
      assert.deepEqual(newsOf({ before, after, edits }), [{ kind: 'created', path: '/d/sub' }]);
  });

  it('tell of every name of a file that has several', () => {
    const before = new ContainerView(image, new UpperState());
    const upper = new UpperLayer(before, '1800000000');
    upper.link(at('/e'), at('/f'));
    const after = new ContainerView(image, new UpperState(before.upper));
    const later = new UpperLayer(after, '1800000001');
    later.append(at('/f'), bytes);
    const told = newsOf({ before, after, edits: later.edits });
    assert.deepEqual(told, [
      { kind: 'changed', path: '/e' },
      { kind: 'changed', path: '/f' },
    ]);
  });
});

const bytes = [{ from: 'own', name: '0', offset: 0, length: 7 }] as const;

function at(path: string): LayerPath {
  return path as LayerPath;
}
