import assert from 'node:assert/strict';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { parseFound, parseListed, parseLookedUp } from '../../../src/engine/containers/filesByFind.ts';

const at = (path: string): LayerPath => path as LayerPath;
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('What find tells of files', () => {
  it('is taken apart whatever the names hold', () => {
    const files = parseFound(
      bytes(
        '/x/a\nb\0f\x00644\x0033\x0034\x0012\x001700000000.1234567890\0\0' +
          '/x/\xff\0l\x00777\x000\x000\x005\x001700000000.0000000000\0a\nb c\0' +
          '/x/s\0s\x001755\x000\x000\x000\x00-5.0000000000\0\0',
      ),
    );
    assert.deepEqual(
      files.map(({ path, type, mode, size, mtime, linkTarget }) => [
        path,
        type,
        mode,
        size,
        mtime,
        linkTarget,
      ]),
      [
        ['/x/a\nb', 'file', 0o644, 12, '1700000000.123456789', undefined],
        ['/x/\xff', 'symlink', 0o777, 5, '1700000000', 'a\nb c'],
        ['/x/s', 'fifo', 0o1755, 0, '-5', undefined],
      ],
    );
    assert.deepEqual([files[0]?.uid, files[0]?.gid], [33, 34]);
  });

  it('is taken from names and lines where find has no format, links with newlines too', () => {
    const listed = bytes(
      '/x\0/x/a\nb\0/x/l\0/x/k\0/x/dev\0\0' +
        '41ed 0 0 4096 5 0 0\n81a4 1 2 7 6 0 0\na1ff 0 0 3 7 0 0\na1ff 0 0 1 8 0 0\n21b6 0 0 0 9 1 a\n\n' +
        'n\nl\nx\n',
    );
    const files = parseListed(listed, at('/x'));
    assert.deepEqual(
      files?.map(({ path, type, size, linkTarget, device }) => [path, type, size, linkTarget, device?.minor]),
      [
        ['/x', 'dir', 0, undefined, undefined],
        ['/x/a\nb', 'file', 7, undefined, undefined],
        ['/x/l', 'symlink', 3, 'n\nl', undefined],
        ['/x/k', 'symlink', 1, 'x', undefined],
        ['/x/dev', 'char', 0, undefined, 10],
      ],
    );
  });

  it('is not taken where its parts do not fit: something changed meanwhile, or it is something else', () => {
    for (const output of [
      '',
      'sh: find: not found\n',
      '/x\0/x/a\0\0' + '41ed 0 0 0 5 0 0\n\n',
      '/x\0/x/l\0\0' + '41ed 0 0 0 5 0 0\na1ff 0 0 3 7 0 0\n\nnl\n',
      '/x\0\0' + 'no such line\n\n',
    ])
      assert.equal(parseListed(bytes(output), at('/x')), undefined, JSON.stringify(output));
  });

  it('tells of single paths, where nothing is too', () => {
    const paths = [at('/none'), at('/l'), at('/f'), at('/gone')];
    const output = '\na1ff 0 0 3 7 0 0\n81a4 0 0 2 7 0 0\n\n\nn\nl\n';
    const files = parseLookedUp(bytes(output), paths);
    assert.deepEqual(
      files?.map(({ path, linkTarget }) => [path, linkTarget]),
      [
        ['/l', 'n\nl'],
        ['/f', undefined],
      ],
    );
    assert.equal(parseLookedUp(bytes('\n\n'), paths), undefined);
    assert.equal(parseLookedUp(bytes('sh: bad\n'), [at('/x')]), undefined);
  });
});
