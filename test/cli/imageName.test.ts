import assert from 'node:assert/strict';
import { parseImageName, readingsOf, splitImagePath } from '../../src/cli/imageName.ts';

describe('splitImagePath', () => {
  const cases: readonly (readonly [typed: string, image: string, path: string | undefined])[] = [
    ['nginx', 'nginx', undefined],
    ['nginx:1.27', 'nginx:1.27', undefined],
    ['nginx:1.27:/etc/passwd', 'nginx:1.27', '/etc/passwd'],
    ['nginx:/', 'nginx', '/'],
    ['store:nginx:/etc', 'store:nginx', '/etc'],
    ['localhost:5000/app:1:/etc', 'localhost:5000/app:1', '/etc'],
    ['docker-archive:/tmp/a.tar', 'docker-archive:/tmp/a.tar', undefined],
    ['docker-archive:/tmp/a.tar:/etc/passwd', 'docker-archive:/tmp/a.tar', '/etc/passwd'],
    ['docker-archive:/tmp/a.tar:nginx:1:/etc', 'docker-archive:/tmp/a.tar:nginx:1', '/etc'],
    ['docker-archive:a.tar:@1:/etc', 'docker-archive:a.tar:@1', '/etc'],
    ['oci:/tmp/layout', 'oci:/tmp/layout', undefined],
    ['oci:/tmp/layout:/', 'oci:/tmp/layout', '/'],
    ['dir:/tmp/d:/a:/b', 'dir:/tmp/d:/a', '/b'],
    ['/tmp/a.tar:/etc', '/tmp/a.tar', '/etc'],
    ['./a.tar', './a.tar', undefined],
    ['docker://host/app', 'docker://host/app', undefined],
    ['docker://host:5000/app:1', 'docker://host:5000/app:1', undefined],
    ['docker://host/app:1:/etc', 'docker://host/app:1', '/etc'],
    ['a.tar:/etc//x', 'a.tar', '/etc//x'],
    ['a.tar://etc', 'a.tar://etc', undefined],
    ['a.tar@sha256:00:/x', 'a.tar@sha256:00', '/x'],
    [':/x', ':/x', undefined],
  ];
  for (const [typed, image, path] of cases)
    it(typed, () => {
      assert.deepEqual(splitImagePath(typed, 'linux'), { image, path });
    });

  it('knows drives on Windows, and only there', () => {
    assert.deepEqual(splitImagePath('C:/a.tar', 'win32'), { image: 'C:/a.tar', path: undefined });
    assert.deepEqual(splitImagePath('C:/a.tar:/etc', 'win32'), { image: 'C:/a.tar', path: '/etc' });
    assert.deepEqual(splitImagePath('oci:C:/l', 'win32'), { image: 'oci:C:/l', path: undefined });
    assert.deepEqual(splitImagePath('c:/etc', 'linux'), { image: 'c', path: '/etc' });
  });
});

describe('parseImageName', () => {
  const cases: readonly (readonly [typed: string, expected: unknown])[] = [
    ['docker-archive:a.tar:x', { transport: 'docker-archive', rest: 'a.tar:x' }],
    ['oci-archive:a.tar', { transport: 'oci-archive', rest: 'a.tar' }],
    ['oci:dir', { transport: 'oci', rest: 'dir' }],
    ['dir:dir', { transport: 'dir', rest: 'dir' }],
    ['store:nginx:1', { transport: 'store', name: 'nginx:1' }],
    ['docker-daemon:nginx', { transport: 'docker-daemon', name: 'nginx' }],
    ['docker://host/app', { transport: 'docker', name: 'host/app' }],
    ['container:c', { transport: 'container', name: 'c' }],
    ['nginx:1', { transport: 'any', rest: 'nginx:1' }],
    ['docker:24', { transport: 'any', rest: 'docker:24' }],
    ['./oci', { transport: 'any', rest: './oci' }],
  ];
  for (const [typed, expected] of cases)
    it(typed, () => {
      assert.deepEqual(parseImageName(typed), expected);
    });

  for (const typed of ['', 'store:', 'oci:', 'docker://'])
    it(`refuses ${JSON.stringify(typed)}`, () => {
      assert.throws(() => parseImageName(typed), { name: 'UsageError' });
    });
});

describe('readingsOf', () => {
  it('tries the longest path first', () => {
    assert.deepEqual(readingsOf('a:b:1', 'linux'), [
      { path: 'a:b:1', reference: undefined },
      { path: 'a:b', reference: '1' },
      { path: 'a', reference: 'b:1' },
    ]);
  });

  it('does not cut a drive off on Windows', () => {
    assert.deepEqual(
      readingsOf('C:\\a.tar:1', 'win32').map(({ path }) => path),
      ['C:\\a.tar:1', 'C:\\a.tar'],
    );
  });
});
