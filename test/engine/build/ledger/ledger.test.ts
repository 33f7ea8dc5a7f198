import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { Ledger } from '../../../../src/engine/build/ledger/ledger.ts';
import { FaultyDisk } from '../../../support/faultyDisk.ts';
import { tempDir } from '../../../support/tempDir.ts';

function buildAt(builtAt: number, dockerfile = 'FROM scratch\n'): SeenBuild {
  const record = { key: `sha256:${'a'.repeat(64)}`, inputs: [[]], certainty: 'exact' } as const;
  const steps = [{ stage: '', row: '[1/1] COPY a b', text: 'COPY a b', record: 0 }];
  return { kind: 'lamina', builtAt, dockerfile, records: [record], steps };
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('Ledger', () => {
  it('tells the builds of one builder and one Dockerfile, newest first', async () => {
    const directory = tempDir().file('builds');
    const ledger = new Ledger({ directory });
    assert.deepEqual(await ledger.seen('one', '/a/Dockerfile'), []);
    for (const time of [1, 30, 2]) await ledger.add('one', '/a/Dockerfile', buildAt(time));
    await ledger.add('other', '/a/Dockerfile', buildAt(4));
    await ledger.add('one', '/b/Dockerfile', buildAt(5));
    assert.deepEqual(await ledger.seen('one', '/a/Dockerfile'), [buildAt(30), buildAt(2), buildAt(1)]);
  });

  it('is shared by processes', async () => {
    const directory = tempDir().file('builds');
    const [one, other] = [new Ledger({ directory }), new Ledger({ directory })];
    assert.deepEqual(await other.seen('x', 'y'), []);
    await Promise.all([one.add('x', 'y', buildAt(1)), other.add('x', 'y', buildAt(2))]);
    for (const ledger of [one, other])
      assert.deepEqual(await ledger.seen('x', 'y'), [buildAt(2), buildAt(1)]);
  });

  it('forgets the oldest', async () => {
    const ledger = new Ledger({ directory: tempDir().file('builds'), maxBuilds: 2 });
    for (const time of [1, 2, 3]) await ledger.add('x', 'y', buildAt(time));
    assert.deepEqual(await ledger.seen('x', 'y'), [buildAt(3), buildAt(2)]);
  });

  it('keeps to its size', async () => {
    const directory = tempDir().file('builds');
    const ledger = new Ledger({ directory, maxBytes: 5000 });
    for (const time of [1, 2, 3, 4]) await ledger.add(`${time}`, 'y', buildAt(time, 'x'.repeat(1500)));
    assert.ok(filesIn(directory).length < 4);
    assert.deepEqual(await ledger.seen('4', 'y'), [buildAt(4, 'x'.repeat(1500))]);
  });

  it('is not hindered by what others keep beside it', async () => {
    const directory = tempDir().file('builds');
    const ledger = new Ledger({ directory });
    await ledger.add('one', '/a/Dockerfile', buildAt(1));
    writeFileSync(path.join(directory, 'bases.json'), '{}');
    await ledger.add('one', '/a/Dockerfile', buildAt(2));
    await ledger.addContents('one', new Map([['ref', 'upload']]));
    assert.deepEqual([...(await ledger.contents('one'))], [['ref', 'upload']]);
    assert.equal((await ledger.seen('one', '/a/Dockerfile')).length, 2);
  });

  it('passes over what is damaged', async () => {
    const directory = tempDir().file('builds');
    await new Ledger({ directory }).add('x', 'y', buildAt(1));
    await new Ledger({ directory }).add('x', 'y', buildAt(2));
    const [file = ''] = filesIn(directory).toSorted();
    writeFileSync(file, readFileSync(file, 'utf8').replace('scratch', 'scratcH'));
    assert.deepEqual(await new Ledger({ directory }).seen('x', 'y'), [buildAt(2)]);
  });

  it('is whole after any call fails', async () => {
    for (let at = 1; ; at++) {
      const directory = tempDir().file('builds');
      await new Ledger({ directory }).add('x', 'y', buildAt(1));
      const disk = new FaultyDisk({ at, kind: 'EIO' });
      const isAdded = await new Ledger({ directory, disk, maxBuilds: 1 }).add('x', 'y', buildAt(2)).then(
        () => true,
        () => false,
      );
      if (!disk.isHit) break;
      const seen = await new Ledger({ directory }).seen('x', 'y');
      assert.ok(seen.length > 0 && seen.every((build) => [1, 2].includes(build.builtAt ?? 0)));
      assert.ok(!isAdded || seen[0]?.builtAt === 2);
    }
  });
});
