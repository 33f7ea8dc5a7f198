import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { LayerIndex } from '../../../src/engine/layers/layerIndex.ts';
import { LayerIndexBuilder } from '../../../src/engine/layers/layerIndexBuilder.ts';
import { pathOfNode } from '../../../src/engine/rootfs/pathOfNode.ts';
import type { LayerLiteral } from '../../support/buildImage.ts';
import { tarHeader } from '../../support/tarHeader.ts';
import { indexLayer } from '../../support/unionOf.ts';

/** What the vectors leave open: the rules of formats.md §2.2 one by one, on single layers. */
describe('LayerIndexBuilder', () => {
  describe('names', () => {
    it('are cleaned, and held at the root', () => {
      const index = indexLayer({ './a//b/./c': '', 'x/../y': '', '/abs': '', '../../up': '' });
      assert.deepEqual(pathsOf(index), ['/a', '/abs', '/up', '/y', '/a/b', '/a/b/c']);
      assert.deepEqual(issues(index), ['path-escapes-root']);
    });

    it('that end in .. or are nothing name the root, which must be a directory', () => {
      const root = indexLayer([{ name: './', type: 'dir', mode: 0o700, uid: 7 }]);
      assert.deepEqual([root.mode(0), root.uid(0), root.isImplied(0), root.nodeCount], [0o700, 7, false, 1]);
      assert.deepEqual(issues(indexLayer([{ name: 'a/..', content: 'x' }])), ['root-not-directory']);
      assert.equal(indexLayer([{ name: '.', type: 'symlink', link: 'a' }]).nodeCount, 1);
    });

    it('are bytes', () => {
      const index = indexLayer([{ name: 'f\uf7ff' }, { name: 'f\uf7fe' }, { name: 'f\ufffd' }]);
      assert.deepEqual(pathsOf(index), ['/f\xef\xbf\xbd', '/f\xfe', '/f\xff']);
    });
  });

  describe('markers', () => {
    it('without a name remove nothing and are told', () => {
      const index = indexLayer({ '.wh.': '', '.wh..': '', 'd/.wh...': '' });
      assert.deepEqual([index.nodeCount, issues(index)], [1, ['invalid-whiteout']]);
    });

    it('are no directories', () => {
      const index = indexLayer([
        { name: '.wh.a', type: 'dir' },
        { name: '.wh.a/x', content: 'x' },
      ]);
      assert.deepEqual([pathsOf(index), issues(index)], [['/a'], ['entry-below-whiteout']]);
      assert.ok(index.isWhiteout(1) && !index.hasEntry(1));
    });

    it('lie where a link of this layer leads', () => {
      const index = indexLayer([
        { name: 'l', type: 'symlink', link: 'd' },
        { name: 'l/.wh.x' },
        { name: 'l/.wh..wh..opq' },
      ]);
      assert.deepEqual(pathsOf(index), ['/d', '/l', '/d/x']);
      assert.ok(index.isOpaque(1) && index.isWhiteout(3));
    });

    it('make no directory that the layer removes, at any depth', () => {
      assert.deepEqual(pathsOf(indexLayer({ '.wh.d': '', 'd/e/.wh.x': '', 'd/e/.wh..wh..opq': '' })), ['/d']);
      assert.deepEqual(pathsOf(indexLayer({ 'd/e/.wh.x': '', '.wh.d': '' })), ['/d']);
      const removed = indexLayer({ '.wh.d': '', 'd/.wh..wh..opq': '' });
      assert.deepEqual([removed.isOpaque(1), removed.summary.whiteouts], [false, 1]);
      const recreated = indexLayer({ 'd/e/.wh.x': '', '.wh.d': '', 'd/real': '' });
      assert.deepEqual(
        [pathsOf(recreated), issues(recreated)],
        [['/d', '/d/real'], ['whiteout-of-recreated-directory']],
      );
    });

    it('go with the directory that is replaced, but not with its name', () => {
      const index = indexLayer({ '.wh.d': '', 'd/.wh.x': '', 'd/.wh..wh..opq': '', d: 'file' });
      assert.deepEqual([pathsOf(index), index.isWhiteout(1), index.isOpaque(1)], [['/d'], true, false]);
    });

    it('of AUFS at the root are no content; deeper ones are whiteouts', () => {
      const index = indexLayer({
        '.wh..wh.aufs': '',
        '.wh..wh.orph/': '',
        '.wh..wh.plnk/1.2': 'x',
        'd/.wh..wh.aufs': '',
      });
      assert.deepEqual(pathsOf(index), ['/d', '/d/.wh.aufs']);
      assert.deepEqual(issues(index), []);
    });
  });

  describe('links to AUFS link sources', () => {
    const source = {
      name: '.wh..wh.plnk/1.2',
      content: 'data',
      mode: 0o600,
      uid: 5,
      xattrs: { 'user.a': '1' },
    };

    it('are plain files with that content', () => {
      const index = indexLayer([
        source,
        { name: 'a', type: 'hardlink', link: '.wh..wh.plnk/1.2' },
        { name: 'b', type: 'hardlink', link: '/.wh..wh.plnk/1.2' },
      ]);
      assert.deepEqual(pathsOf(index), ['/a', '/b']);
      for (const node of [1, 2]) {
        assert.deepEqual([index.size(node), index.mode(node), index.uid(node)], [4, 0o600, 5]);
        assert.deepEqual(index.linkedNodes(node), [node]);
        assert.equal(index.dataOffset(node), index.dataOffset(1));
        assert.equal(index.contentHash(node)?.length, 32);
        assert.equal(index.xattrs(node)?.size, 1);
      }
    });

    it('that are not there are told', () => {
      const index = indexLayer([{ name: 'a', type: 'hardlink', link: '.wh..wh.plnk/9' }]);
      assert.deepEqual([index.nodeCount, issues(index)], [1, ['hardlink-target-missing']]);
    });
  });

  describe('parents', () => {
    it('that are no directories make way', () => {
      const index = indexLayer([
        { name: 'f', content: 'x' },
        { name: 'f/a', content: 'y' },
      ]);
      assert.deepEqual([pathsOf(index), index.type(1), index.isImplied(1)], [['/f', '/f/a'], 'dir', true]);
      assert.deepEqual(issues(index), ['entry-under-non-directory']);
    });

    it('are found through links, absolute ones from the root', () => {
      const index = indexLayer([
        { name: 'a/b/', type: 'dir' },
        { name: 'a/up', type: 'symlink', link: '../c' },
        { name: 'abs', type: 'symlink', link: '/../a//./b' },
        { name: 'a/up/x', content: '' },
        { name: 'abs/y', content: '' },
      ]);
      assert.deepEqual(pathsOf(index), ['/a', '/abs', '/c', '/a/b', '/a/up', '/c/x', '/a/b/y']);
      assert.deepEqual(issues(index), []);
    });

    it('climb out of directories that a link names but nobody made', () => {
      const index = indexLayer([
        { name: 'l', type: 'symlink', link: 'no/where/../../d' },
        { name: 'l/x', content: '' },
      ]);
      assert.deepEqual(pathsOf(index), ['/d', '/l', '/d/x']);
    });

    it('may take 40 links and not one more', () => {
      const chain = (length: number): LayerLiteral => [
        ...Array.from({ length }, (_, at) => ({
          name: `l${at}`,
          type: 'symlink' as const,
          link: `l${at + 1}`,
        })),
        { name: `l${length}`, type: 'dir' },
        { name: 'l0/x', content: '' },
      ];
      assert.ok(pathsOf(indexLayer(chain(40))).includes('/l40/x'));
      assert.deepEqual(issues(indexLayer(chain(41))), ['symlink-loop']);
    });

    it('that a later entry replaces are not written to again', () => {
      const index = indexLayer([
        { name: 'd/a', content: '' },
        { name: 'd', type: 'symlink', link: 'e' },
        { name: 'd/b', content: '' },
        { name: 'd', type: 'dir' },
        { name: 'd/c', content: '' },
      ]);
      assert.deepEqual(pathsOf(index), ['/d', '/e', '/d/c', '/e/b']);
    });
  });

  describe('hard links', () => {
    it('keep what their target was at that moment', () => {
      const index = indexLayer([
        { name: 'a', content: 'old' },
        { name: 'b', type: 'hardlink', link: 'a' },
        { name: 'a', content: 'newer' },
      ]);
      assert.deepEqual([index.size(1), index.size(2), index.inode(1), index.inode(2)], [5, 3, 1, 2]);
      assert.equal(index.summary.contentSize, 8);
    });

    it('keep it when the target’s directory goes', () => {
      const index = indexLayer([
        { name: 'd/a', content: 'old' },
        { name: 'b', type: 'hardlink', link: 'd/a' },
        { name: 'd', content: '' },
      ]);
      assert.deepEqual([pathsOf(index), index.size(1)], [['/b', '/d'], 3]);
    });

    it('give the inode the attributes of their own header', () => {
      const index = indexLayer([
        { name: 'a', content: 'x', mode: 0o600, uid: 1, mtime: 5, xattrs: { 'user.a': '1' } },
        { name: 'b', type: 'hardlink', link: 'a', mode: 0o4755, uid: 2, mtime: 6 },
      ]);
      for (const node of [1, 2]) {
        assert.deepEqual([index.mode(node), index.uid(node), index.mtime(node)], [0o4755, 2, '6']);
        assert.equal(index.xattrs(node)?.get('user.a' as never), '1');
        assert.deepEqual(index.linkedNodes(node), [1, 2]);
      }
    });

    it('to a symlink are that symlink, of which the owner alone can change', () => {
      const index = indexLayer([
        { name: 'a', type: 'symlink', link: 'nowhere', uid: 1, mtime: 5, mode: 0o755 },
        { name: 'b', type: 'hardlink', link: 'a', uid: 2, mtime: 6, mode: 0o600 },
      ]);
      assert.deepEqual([index.type(2), index.linkTarget(2), index.mode(2)], ['symlink', 'nowhere', 0o777]);
      assert.deepEqual([index.uid(1), index.mtime(1)], [2, '5']);
      assert.equal(index.summary.size, 'nowhere'.length);
    });

    it('to what comes later are bound to it here, and ask lower layers first', () => {
      const index = indexLayer([
        { name: 'c', type: 'hardlink', link: 'b' },
        { name: 'b', type: 'hardlink', link: './x/../a' },
        { name: 'a', content: 'data' },
      ]);
      assert.deepEqual(index.linkedNodes(2), [1, 2, 3]);
      assert.deepEqual(
        [2, 3].map((node) => index.lowerLinkTarget(node)),
        ['a', 'b'],
      );
      assert.deepEqual(
        [2, 3].map((node) => index.ownLinkTarget(node)),
        [1, 2],
      );
      assert.deepEqual([index.size(3), index.summary.contentSize], [4, 4]);
    });

    it('to nothing of this layer are left to the union', () => {
      const index = indexLayer([
        { name: 'd', type: 'symlink', link: 'e' },
        { name: 'b', type: 'hardlink', link: 'd/f' },
      ]);
      assert.deepEqual(index.lowerLinks(), [1]);
      assert.equal(index.lowerLinkTarget(1), 'e/f');
      assert.deepEqual([index.size(1), index.dataOffset(1), index.ownLinkTarget(1)], [0, 0, -1]);
    });

    it('in a circle end', () => {
      const index = indexLayer([
        { name: 'a', type: 'hardlink', link: 'b' },
        { name: 'b', type: 'hardlink', link: 'a' },
      ]);
      assert.deepEqual([index.size(1), index.size(2)], [0, 0]);
    });
  });

  it('forgets what a place had before', () => {
    const index = indexLayer([
      { name: 'a', content: 'x', xattrs: { 'user.a': '1' }, mtime: '1.500000000', mode: 0o7777 },
      { name: 'a', type: 'fifo' },
    ]);
    assert.deepEqual(
      [index.type(1), index.size(1), index.mode(1), index.mtime(1)],
      ['fifo', 0, 0o644, '1700000000'],
    );
    assert.deepEqual([index.xattrs(1), index.contentHash(1)], [undefined, undefined]);
  });

  it('counts what is in the layer', () => {
    const { summary } = indexLayer([
      { name: 'd/', type: 'dir' },
      { name: 'd/e/f', content: 'four' },
      { name: 'g', type: 'hardlink', link: 'd/e/f' },
      { name: 's', type: 'symlink', link: 'target' },
      { name: 'p', type: 'fifo' },
      { name: '.wh.x' },
      { name: 'd/.wh..wh..opq' },
    ]);
    const { entryCount, files, directories, others, whiteouts, contentSize, size } = summary;
    assert.deepEqual([entryCount, files, directories, others, whiteouts], [7, 2, 2, 2, 2]);
    assert.deepEqual([contentSize, size], [4, 10]);
  });

  it('counts all problems and keeps a hundred of each code', () => {
    const index = indexLayer(Array.from({ length: 1000 }, (_, at) => ({ name: `../${at}` })));
    assert.deepEqual([index.problems.length, index.summary.problemCount], [100, 1000]);
    assert.deepEqual(index.problems[0], { code: 'path-escapes-root', subject: '/0', detail: '../0' });
  });

  it('stops at more nodes than it was given memory for', () => {
    const builder = new LayerIndexBuilder({ maxNodes: 2000 });
    const addAll = (): void => {
      for (let at = 0; at < 3000; at++) builder.entry(tarHeader({ name: `${at}` }));
    };
    assert.throws(addAll, (error) => isEngineError(error, 'limit-exceeded'));
  });

  it('hashes the content of a file, and only that', () => {
    const index = indexLayer({
      a: 'same',
      b: 'same',
      c: 'different',
      empty: '',
      '.wh.x': 'ignored',
      'd/': '',
    });
    const hashes = [1, 2, 3, 4, 5].map((node) => index.contentHash(node));
    assert.equal(hashes[0], hashes[1]);
    assert.equal(new Set(hashes).size, 4);
    assert.equal(hashes[3], undefined);
    assert.equal(hashes[4], '99aa06d3014798d86001c324468d497f');
  });
});

/** Of all nodes but the root, in the index's order: breadth first. */
function pathsOf(index: LayerIndex): readonly string[] {
  return Array.from({ length: index.nodeCount - 1 }, (_, at) => pathOfNode(index, at + 1));
}

function issues(index: LayerIndex): readonly string[] {
  return [...new Set(index.problems.map(({ code }) => code))].sort();
}
