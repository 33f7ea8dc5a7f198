import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { diskStoreAt } from '../../../src/engine/store/diskStore.ts';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { tagImage } from '../../../src/engine/transfer/tagImage.ts';
import { type Fault, FaultyDisk, type FaultKind } from '../../support/faultyDisk.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { copyOfStore, shortLocks, sourceOf, storeWith, tagsOf } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';
import {
  firstImage,
  type ImportedFrom,
  requireTag,
  secondImage,
  storeOperations,
  type StoreOperation,
} from '../../support/storeOperations.ts';

const failures: readonly FaultKind[] = ['EIO', 'ENOSPC', 'EPERM', 'short'];
const crashes: readonly FaultKind[] = ['crash', 'crash-after'];

/**
 * Which calls fail in which way: all in every way, or in a short run all in one. A crash before every second call and one
 * after it make all the states there are.
 */
const turns = [
  ...failures.map((kind, turn) => ({ kind, first: 1 + turn, step: failures.length })),
  ...crashes.map((kind) => ({ kind, first: 1, step: crashes.length })),
].map((turn) => (isFullRun ? { ...turn, first: 1, step: 1 } : turn));

/**
 * Each call to the disk goes wrong once, for each operation. Afterwards the store has to verify, all that was said to be
 * done is there, garbage collection harms nothing, and trying again succeeds.
 */
describe('every call to the disk going wrong once', function () {
  this.timeout(isFullRun ? 600_000 : 120_000);
  let base: DiskStore;
  let from: ImportedFrom;

  before(async () => {
    base = await storeWith(firstImage);
    await tagImage(base, 'other:1', firstImage.manifestDigest);
    await using lease = base.leases.take();
    for (const text of ['garbage one', 'garbage two']) await base.blobs.addBytes(Buffer.from(text), lease);
    const { source, entries } = await sourceOf(secondImage);
    from = { source, entry: entries[0]! };
  });

  for (const { kind, first, step } of turns)
    for (const operation of storeOperations)
      it(`${operation.name}: ${kind}`, async () => {
        let isHit = true;
        for (let at = first; isHit; at += step) isHit = await failAt({ at, kind }, operation);
      });

  it('making a new store: whatever happens, it can be made the next time', async () => {
    for (const { kind, first, step } of turns) {
      let isHit = true;
      for (let at = first; isHit; at += step) {
        const directory = path.join(tempDir().path, 'store');
        const disk = new FaultyDisk({ at, kind });
        await Promise.race([openDiskStore(directory, { disk }).catch(() => undefined), disk.crashed]);
        if (existsSync(directory)) forgetOwners(directory);
        const store = await openDiskStore(directory, { lockTiming: shortLocks });
        assert.deepEqual(await verifyStore(store), [], `${kind} at call ${at}`);
        isHit = disk.isHit;
      }
    }
  });

  it('putting a damaged index right: whatever happens, no name is lost', async () => {
    const damaged = copyOfStore(base);
    writeFileSync(path.join(damaged, 'index.json'), 'damaged');
    const tags = await tagsOf(base.places.directory);
    for (const { kind, first, step } of turns) {
      let isHit = true;
      for (let at = first; isHit; at += step) {
        const directory = copyOfStore(diskStoreAt(damaged));
        const disk = new FaultyDisk({ at, kind });
        const options = { disk, lockTiming: shortLocks };
        await Promise.race([openDiskStore(directory, options).catch(() => undefined), disk.crashed]);
        forgetOwners(directory);
        const store = await openDiskStore(directory, { lockTiming: shortLocks });
        assert.deepEqual(await verifyStore(store), [], `${kind} at call ${at}`);
        assert.deepEqual(await tagsOf(directory), tags);
        isHit = disk.isHit;
      }
    }
  });

  async function failAt(fault: Fault, operation: StoreOperation): Promise<boolean> {
    const directory = copyOfStore(base);
    const disk = new FaultyDisk(fault);
    const outcome = await attempt(directory, disk, operation);
    const where = `call ${fault.at} (${disk.calls[fault.at - 1] ?? 'none'})`;
    try {
      if (outcome === 'crashed') forgetOwners(directory);
      if (outcome === 'done') await operation.check(directory);
      const store = await openDiskStore(directory, { lockTiming: shortLocks });
      await requireWhole(store);
      await collectGarbage(store, { isDryRun: false, graceMs: -1 });
      await operation.run(store, from);
      await operation.check(directory);
      await requireWhole(store);
    } catch (error) {
      throw new Error(`${operation.name} with ${fault.kind} at ${where}, which was ${outcome}`, {
        cause: error,
      });
    }
    return disk.isHit;
  }

  async function attempt(
    directory: string,
    disk: FaultyDisk,
    operation: StoreOperation,
  ): Promise<'done' | 'failed' | 'crashed'> {
    const store = diskStoreAt(directory, { disk, lockTiming: shortLocks });
    const running = operation.run(store, from).then(
      () => 'done' as const,
      (error: unknown) => {
        assert.ok(isEngineError(error), `an EngineError, not ${String(error)}`);
        return 'failed' as const;
      },
    );
    return Promise.race([running, disk.crashed.then(() => 'crashed' as const)]);
  }
});

/** The store verifies, and holds what it was said to hold. */
async function requireWhole(store: DiskStore): Promise<void> {
  assert.deepEqual(await verifyStore(store), []);
  await requireTag(store.places.directory, 'docker.io/library/first:1', firstImage.manifestDigest);
}

/** The process that crashed was this one, which lives on; its locks and leases are made to be those of one that ended. */
function forgetOwners(directory: string): void {
  const leases = path.join(directory, 'leases');
  const files = [
    ...readdirSync(directory).filter((name) => name.startsWith('index.json.lock')),
    ...(existsSync(leases) ? readdirSync(leases).map((name) => path.join('leases', name)) : []),
  ];
  for (const name of files) {
    const file = path.join(directory, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/"startedAt":"\d+"/, '"startedAt":"1"'));
  }
}
