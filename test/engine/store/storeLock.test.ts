import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { Disk } from '../../../src/engine/store/disk.ts';
import { nodeDisk } from '../../../src/engine/store/nodeDisk.ts';
import { newOwner, type ProcessOwner } from '../../../src/engine/store/processOwner.ts';
import { StoreLock } from '../../../src/engine/store/storeLock.ts';
import { StorePlaces } from '../../../src/engine/store/storePlaces.ts';
import { shortLocks } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';

const hourMs = 3_600_000;

describe('storeLock', () => {
  let places: StorePlaces;
  let lock: StoreLock;

  beforeEach(() => {
    places = new StorePlaces(tempDir().path);
    mkdirSync(places.temporary);
    lock = new StoreLock(nodeDisk, places, shortLocks);
  });

  it('lets one at a time in, also through several objects', async () => {
    const others = [lock, lock, new StoreLock(nodeDisk, places), new StoreLock(nodeDisk, places)];
    let inside = 0;
    const most: number[] = [];
    const work = async (): Promise<void> => {
      most.push(++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    await Promise.all(others.map((each) => each.run(work)));
    assert.deepEqual(most, [1, 1, 1, 1]);
    assert.equal(existsSync(places.lock), false);
  });

  it('is given back when the work fails', async () => {
    await assert.rejects(lock.run(() => Promise.reject(new TypeError('ours'))));
    assert.equal(await lock.run(() => Promise.resolve('in')), 'in');
  });

  it('says after a bounded wait that the store is busy, and who keeps it so', async () => {
    hold({ ...newOwner(), token: 'other' });
    await assert.rejects(enter(), (error) => {
      assert.ok(isEngineError(error, 'busy'));
      return error.detail.includes(`process ${process.pid}`);
    });
  });

  it('stops waiting when told to', async () => {
    hold({ ...newOwner(), token: 'other' });
    const patient = new StoreLock(nodeDisk, places);
    const waiting = patient.run(() => Promise.resolve(), AbortSignal.timeout(50));
    await assert.rejects(waiting, (error) => isEngineError(error, 'cancelled'));
  });

  it('takes over at once from a process that has ended', async () => {
    hold({ ...newOwner(), token: 'other', pid: 2 ** 22 - 3 });
    assert.equal(await enter(), 'in');
  });

  it('takes over from a process whose pid was given away again', async function () {
    if (process.platform !== 'linux') this.skip();
    hold({ ...newOwner(), token: 'other', startedAt: '1' });
    assert.equal(await enter(), 'in');
  });

  it('takes a running process of unknown age for the holder, until it was silent for long', async () => {
    hold({ ...newOwner(), token: 'other', startedAt: '' });
    await assert.rejects(enter(), (error) => isEngineError(error, 'busy'));
    age(places.lock, hourMs);
    assert.equal(await enter(), 'in');
  });

  it('waits for another machine while it gives signs of life, and not after', async () => {
    hold({ ...newOwner(), token: 'other', place: 'elsewhere', pid: 2 ** 22 - 3 });
    await assert.rejects(enter(), (error) => isEngineError(error, 'busy'));
    age(places.lock, 31_000);
    assert.equal(await enter(), 'in');
  });

  it('measures silence by the disk’s clock, whatever this machine’s says', async () => {
    // The file system is two hours ahead: its new files are from the future, and an hour old lock looks young here.
    const skewed: Disk = {
      ...nodeDisk,
      open: async (path, purpose) => {
        const file = await nodeDisk.open(path, purpose);
        return { ...file, facts: async () => ahead(await file.facts()) };
      },
      facts: async (path) => ahead(await nodeDisk.facts(path)),
    };
    const there = new StoreLock(skewed, places, shortLocks);
    hold({ ...newOwner(), token: 'other', place: 'elsewhere' });
    await assert.rejects(there.run(inside), (error) => isEngineError(error, 'busy'));
    age(places.lock, hourMs);
    assert.equal(await there.run(inside), 'in');
  });

  it('takes a lock that says nothing for held, until it was silent for long', async () => {
    writeFileSync(places.lock, '');
    await assert.rejects(enter(), (error) => isEngineError(error, 'busy'));
    age(places.lock, 31_000);
    assert.equal(await enter(), 'in');
  });

  it('clears what is left of a process that ended while it took a lock over', async () => {
    const ended = { ...newOwner(), token: 'other', pid: 2 ** 22 - 3 };
    hold(ended);
    writeFileSync(`${places.lock}.break`, JSON.stringify(ended));
    assert.equal(await enter(), 'in');
    assert.equal(existsSync(`${places.lock}.break`), false);
  });

  it('tells a holder that was suspended for too long that the lock is lost, and leaves the new one alone', async () => {
    const thief = { ...newOwner(), token: 'thief' };
    const work = lock.run(async (held) => {
      hold(thief);
      await held.verify();
    });
    await assert.rejects(work, (error) => isEngineError(error, 'busy'));
    assert.equal((JSON.parse(readFileSync(places.lock, 'utf8')) as ProcessOwner).token, 'thief');
  });

  it('shows that it is held', async () => {
    const quick = new StoreLock(nodeDisk, places, { ...shortLocks, heartbeatMs: 10 });
    await quick.run(async () => {
      age(places.lock, hourMs);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.ok((await nodeDisk.facts(places.lock)).changedMs > Date.now() - hourMs / 2);
      assert.ok(readFileSync(places.lock, 'utf8').includes(`"pid":${process.pid}`));
    });
  });

  it('works where there are no links', async () => {
    const noLinks: Disk = {
      ...nodeDisk,
      link: () => Promise.reject(Object.assign(new Error('no links'), { code: 'ENOTSUP' })),
    };
    const plain = new StoreLock(noLinks, places, shortLocks);
    assert.equal(await plain.run(inside), 'in');
    assert.equal(existsSync(places.lock), false);
    hold({ ...newOwner(), token: 'other' });
    await assert.rejects(plain.run(inside), (error) => isEngineError(error, 'busy'));
  });

  it('says that a store may not be written', async () => {
    const readOnly: Disk = {
      ...nodeDisk,
      open: (path, purpose) =>
        purpose === 'read'
          ? nodeDisk.open(path, purpose)
          : Promise.reject(Object.assign(new Error('read-only file system'), { code: 'EROFS' })),
    };
    await assert.rejects(new StoreLock(readOnly, places).run(inside), (error) =>
      isEngineError(error, 'denied'),
    );
  });

  const inside = (): Promise<string> => Promise.resolve('in');
  const enter = (): Promise<string> => lock.run(inside);

  function hold(owner: ProcessOwner): void {
    writeFileSync(places.lock, JSON.stringify(owner));
  }
});

function age(file: string, byMs: number): void {
  const time = (Date.now() - byMs) / 1000;
  utimesSync(file, time, time);
}

function ahead<T extends { readonly changedMs: number }>(facts: T): T {
  return { ...facts, changedMs: facts.changedMs + 2 * hourMs };
}
