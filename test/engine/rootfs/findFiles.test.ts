import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type FindRequest, findFiles } from '../../../src/engine/rootfs/findFiles.ts';
import { indexLayer } from '../../support/unionOf.ts';

describe('findFiles', () => {
  const layers = [
    indexLayer({ 'etc/motd': 'one', 'etc/Gone.conf': '', 'usr/caf\u00e9.conf': '', 'd/': '', 'd/x': '' }),
    indexLayer({ 'etc/motd': 'two', 'etc/.wh.Gone.conf': '', 'opt/etc/a.conf': '', 'd/': '', d: 'file' }),
  ];

  it('finds any part of a path, whatever its case', async () => {
    assert.deepEqual(await find({ pattern: 'MOT' }), ['/etc/motd 1']);
    assert.deepEqual(await find({ pattern: 'etc/m' }), ['/etc/motd 1']);
    assert.deepEqual(await find({ pattern: 'CAFÉ' }), ['/usr/caf\xc3\xa9.conf 0']);
  });

  it('matches a glob against names, and one with a slash against paths', async () => {
    assert.deepEqual(await find({ pattern: '*.conf' }), ['/opt/etc/a.conf 1', '/usr/caf\xc3\xa9.conf 0']);
    assert.deepEqual(await find({ pattern: '/etc/*' }), ['/etc/motd 1']);
    assert.deepEqual(await find({ pattern: '**/etc/*' }), ['/etc/motd 1', '/opt/etc/a.conf 1']);
  });

  it('finds every version that a layer lists, and says which can be seen', async () => {
    assert.deepEqual(await find({ pattern: 'motd', allLayers: true }), ['/etc/motd 1', '/etc/motd 0 hidden']);
    assert.deepEqual(await find({ pattern: 'gone', allLayers: true }), ['/etc/Gone.conf 0 hidden']);
    assert.deepEqual(await find({ pattern: '/d', allLayers: true }), [
      '/d 1',
      '/d 0 hidden',
      '/d/x 0 hidden',
    ]);
  });

  it('stops at the limit', async () => {
    assert.equal((await find({ pattern: '*', limit: 2 })).length, 2);
    assert.equal((await find({ pattern: '*', limit: 0 })).length, 0);
  });

  it('can be cancelled, and gives way to others meanwhile', async () => {
    const many = indexLayer(Array.from({ length: 20_000 }, (_, at) => ({ name: `d${at % 100}/f${at}` })));
    const abort = new AbortController();
    const search = (async () => {
      for await (const match of findFiles(
        { layers: Array<typeof many>(20).fill(many), pattern: 'nothing', allLayers: true },
        abort.signal,
      ))
        assert.fail(match.path);
    })();
    setTimeout(() => {
      abort.abort();
    }, 1);
    await assert.rejects(search, (error) => isEngineError(error, 'cancelled'));
  });

  async function find(request: Omit<FindRequest, 'layers'>): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { path, entry, isVisible } of findFiles({ layers, ...request })) {
      assert.equal(entry.path, path);
      found.push(`${path} ${entry.layer}${isVisible ? '' : ' hidden'}`);
    }
    return found;
  }
});
