import assert from 'node:assert/strict';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { changesetEntries } from '../../../src/engine/snapshots/changesetEntries.ts';
import { containerDiff } from '../../../src/engine/snapshots/containerDiff.ts';
import { ContainerView } from '../../../src/engine/snapshots/containerView.ts';
import type { Inode } from '../../../src/engine/snapshots/inode.ts';
import { UpperLayer } from '../../../src/engine/snapshots/upperLayer.ts';
import { UpperState } from '../../../src/engine/snapshots/upperState.ts';
import { unionOf } from '../../support/unionOf.ts';

const directory: Inode = { type: 'dir', mode: 0o755, uid: 0, gid: 0, mtime: '0', content: [] };

describe('The state of a writable layer', () => {
  it('shares with a copy only what neither changes', () => {
    const first = new UpperState();
    for (const [id, path] of ['/a', '/a/b', '/c'].entries()) put(first, id + 1, path);
    const second = new UpperState(first);
    put(second, 10, '/a/b/new');
    second.apply({ do: 'inode', id: 1, inode: { ...directory, mode: 0o700 } });
    first.apply({ do: 'forget', path: '/c' as LayerPath });
    put(first, 11, '/a/d');
    assert.deepEqual(pathsIn(first), ['/a', '/a/b', '/a/d']);
    assert.deepEqual(pathsIn(second), ['/a', '/a/b', '/a/b/new', '/c']);
    assert.deepEqual([first.inode(1)?.mode, second.inode(1)?.mode], [0o755, 0o700]);
    assert.deepEqual([first.inode(3), second.inode(3)?.mode], [undefined, 0o755]);
    assert.equal(first.at('/c' as LayerPath), undefined);
    assert.ok(first.at('/a/b' as LayerPath) !== second.at('/a/b' as LayerPath));
  });

  it('may have folders in folders 10 000 deep', function () {
    this.timeout(60_000);
    const state = new UpperState();
    put(state, 1, '/d');
    // From the innermost out: a folder is made, and all so far is moved into it.
    for (let depth = 2; depth <= 10_000; depth++) {
      put(state, depth, '/e');
      state.apply({ do: 'move', from: '/d' as LayerPath, to: '/e/d' as LayerPath });
      state.apply({ do: 'move', from: '/e' as LayerPath, to: '/d' as LayerPath });
    }
    const view = new ContainerView(unionOf([{ a: '' }]), new UpperState(state));
    assert.equal([...containerDiff(view)].length, 10_000);
    assert.equal(count(view.walk()), 10_001);
    assert.equal(count(changesetEntries(state)), 10_000);
    assert.equal(count(state.edits()), 20_000);
    const upper = new UpperLayer(view, '1');
    upper.rename('/d' as LayerPath, '/moved' as LayerPath);
    upper.removeAll('/moved' as LayerPath);
    assert.deepEqual(pathsIn(view.upper), []);
    assert.equal(count(state.walk()), 10_000);
  });
});

function put(state: UpperState, id: number, path: string): void {
  state.apply({ do: 'inode', id, inode: directory });
  state.apply({ do: 'directory', path: path as LayerPath, id, isOpaque: false });
}

function pathsIn(state: UpperState): string[] {
  return Array.from(state.walk(), ({ path }) => path);
}

function count(items: Iterable<unknown>): number {
  return [...items].length;
}
