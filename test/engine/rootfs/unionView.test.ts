import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { createUnionView, type MergedView } from '../../../src/engine/rootfs/unionView.ts';
import { unionOf } from '../../support/unionOf.ts';

describe('UnionView', () => {
  const view = unionOf([
    [
      { name: 'usr/bin/', type: 'dir', mode: 0o711 },
      { name: 'usr/bin/sh', content: 'sh' },
      { name: 'bin', type: 'symlink', link: 'usr/bin' },
      { name: 'abs', type: 'symlink', link: '/usr/../bin/./sh' },
      { name: 'usr/up', type: 'symlink', link: '../../../bin' },
      { name: 'broken', type: 'symlink', link: 'no/where' },
      { name: 'loop', type: 'symlink', link: 'loop' },
      { name: 'empty', type: 'symlink', link: '' },
      { name: 'through', type: 'symlink', link: 'usr/bin/sh/x' },
    ],
    { 'usr/bin/new': '' },
  ]);

  it('looks up a path itself, links in its parents followed', () => {
    assert.equal(view.lookup(at('/bin'))?.type, 'symlink');
    assert.equal(view.lookup(at('/bin/sh'))?.path, '/usr/bin/sh');
    assert.equal(view.lookup(at('/usr/up/sh'))?.path, '/usr/bin/sh');
    assert.equal(view.lookup(at('/abs'))?.linkTarget, '/usr/../bin/./sh');
    for (const path of ['/nothing', '/bin/sh/x', '/broken/x', '/loop/x', '/abs/x', '/empty/x'])
      assert.equal(view.lookup(at(path)), undefined, path);
  });

  it('resolves a path to where it leads', () => {
    assert.equal(view.resolve(at('/abs'))?.path, '/usr/bin/sh');
    assert.equal(view.resolve(at('/usr/up'))?.path, '/usr/bin');
    assert.equal(view.resolve(at('/'))?.path, '/');
    for (const path of ['/broken', '/through', '/empty'])
      assert.equal(view.resolve(at(path)), undefined, path);
    assert.throws(
      () => view.resolve(at('/loop')),
      (error) => isEngineError(error, 'symlink-loop'),
    );
  });

  it('follows 40 links and not one more', () => {
    const chain = (length: number): MergedView =>
      unionOf([
        [
          ...Array.from({ length }, (_, n) => ({
            name: `l${n}`,
            type: 'symlink' as const,
            link: `l${n + 1}`,
          })),
          { name: `l${length}`, content: '' },
        ],
      ]);
    assert.equal(chain(40).resolve(at('/l0'))?.path, '/l40');
    assert.throws(
      () => chain(41).resolve(at('/l0')),
      (error) => isEngineError(error, 'symlink-loop'),
    );
  });

  it('lists a directory by the bytes of names, the directory’s own links followed', () => {
    assert.deepEqual(
      view.list(at('/bin')).map(({ path }) => path),
      ['/usr/bin/new', '/usr/bin/sh'],
    );
    assert.throws(
      () => view.list(at('/nothing')),
      (error) => isEngineError(error, 'not-found'),
    );
    assert.throws(
      () => view.list(at('/abs')),
      (error) => isEngineError(error, 'not-a-directory'),
    );
    assert.throws(
      () => view.list(at('/loop')),
      (error) => isEngineError(error, 'symlink-loop'),
    );
  });

  it('walks depth first, a directory before what is in it', () => {
    const walked = unionOf([{ 'a/b': '', 'a.b': '', 'a/b.c': '', b: '' }]).walk();
    assert.deepEqual(
      Array.from(walked, ({ path }) => path),
      ['/a', '/a/b', '/a/b.c', '/a.b', '/b'],
    );
    assert.deepEqual(
      Array.from(view.walk(at('/usr')), ({ path }) => path),
      ['/usr/bin', '/usr/bin/new', '/usr/bin/sh', '/usr/up'],
    );
  });

  it('knows where each entry comes from', () => {
    const { layer, contentLayer, mode, mtime } = view.lookup(at('/usr/bin'))!;
    assert.deepEqual([layer, contentLayer, mode, mtime], [1, 0, 0o711, '1700000000']);
    const implied = view.lookup(at('/usr'))!;
    assert.deepEqual([implied.mode, implied.mtime, implied.layer], [0o755, undefined, 1]);
  });

  it('is empty without layers', () => {
    const empty = createUnionView([]);
    assert.deepEqual([[...empty.walk()], empty.list(at('/')), empty.problems()], [[], [], []]);
    assert.equal(empty.lookup(at('/'))?.type, 'dir');
  });

  it('says which problem is which layer’s', () => {
    const { code, layer } = unionOf([{ a: '' }, { '../b': '' }]).problems()[0]!;
    assert.deepEqual([code, layer], ['path-escapes-root', 1]);
  });

  describe('with hard links into lower layers', () => {
    it('gives them the lower file, wherever it went since', () => {
      const linked = unionOf([
        [{ name: 'a', content: 'data', mode: 0o640 }],
        [{ name: 'b', type: 'hardlink', link: 'a' }, { name: '.wh.a' }],
        [{ name: 'c', type: 'hardlink', link: 'b' }],
        { b: 'other' },
      ]);
      const entry = linked.lookup(at('/c'))!;
      assert.deepEqual([entry.layer, entry.contentLayer, entry.size, entry.mode], [2, 0, 4, 0o640]);
      assert.equal(linked.hardLinkOf(entry), undefined);
      const below = linked.below(3);
      assert.deepEqual(
        ['/b', '/c'].map((path) => below.hardLinkOf(below.lookup(at(path))!)),
        ['/b', '/b'],
      );
      assert.deepEqual(codesOf(linked), ['1 hardlink-to-lower-layer', '2 hardlink-to-lower-layer']);
      assert.deepEqual(codesOf(linked.below(2)), ['1 hardlink-to-lower-layer']);
    });

    it('prefers the lower file to one that comes later in the same layer', () => {
      const layer = [
        { name: 'b', type: 'hardlink' as const, link: 'a' },
        { name: 'a', content: 'later' },
      ];
      assert.equal(unionOf([{ a: 'low' }, layer]).lookup(at('/b'))?.size, 3);
      assert.equal(unionOf([layer]).lookup(at('/b'))?.size, 5);
      assert.deepEqual(codesOf(unionOf([layer])), ['0 hardlink-before-target']);
    });

    it('leaves out what leads nowhere or to a directory', () => {
      const linked = unionOf([
        { d: '', 'e/f': '' },
        [
          { name: 'd', type: 'hardlink', link: 'no' },
          { name: 'x', type: 'hardlink', link: 'e' },
        ],
      ]);
      assert.equal(linked.lookup(at('/d'))?.layer, 0);
      assert.equal(linked.lookup(at('/x')), undefined);
      assert.deepEqual(codesOf(linked), ['1 hardlink-target-missing', '1 hardlink-to-directory']);
    });

    it('finds the first name in the order of a walk, links through layers included', () => {
      const linked = unionOf([
        [
          { name: 'z', content: 'x' },
          { name: 'm.n', type: 'hardlink', link: 'z' },
        ],
        [{ name: 'm/a', type: 'hardlink', link: 'z' }],
      ]);
      for (const path of ['/z', '/m.n', '/m/a'])
        assert.equal(linked.hardLinkOf(linked.lookup(at(path))!), '/m/a');
    });

    it('follows ten thousand of them without delay', () => {
      const count = 10_000;
      const files = Array.from({ length: count }, (_, n) => ({ name: `d${n % 50}/f${n}`, content: 'x' }));
      const links = files.map(({ name }) => ({ name: `l/${name}`, type: 'hardlink' as const, link: name }));
      const startedMs = performance.now();
      const linked = unionOf([files, links]);
      for (const entry of linked.walk())
        if (entry.type === 'file') assert.ok(linked.hardLinkOf(entry)?.startsWith('/d'));
      assert.ok(performance.now() - startedMs < 10_000);
    }).timeout(15_000);
  });
});

function at(path: string): LayerPath {
  return path as LayerPath;
}

function codesOf(view: MergedView): readonly string[] {
  return view.problems().map(({ code, layer }) => `${layer ?? ''} ${code}`);
}
