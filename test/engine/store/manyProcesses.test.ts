import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { buildImage } from '../../support/buildImage.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';
import { startStoreChild } from '../../support/startStoreChild.ts';
import type { ChildOperation } from '../../support/storeChild.ts';
import { tagsOf } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeOciLayout } from '../../support/writeOciLayout.ts';

const perProcess = isFullRun ? 150 : 30;

describe('four processes at once', function () {
  this.timeout(isFullRun ? 600_000 : 90_000);

  it('lose no tag and no blob, while a fifth collects garbage', async () => {
    const directory = path.join(tempDir().path, 'store');
    const shared = new Random(3).bytes(50_000);
    const image = buildImage([{ shared }, { 'own/file': 'all import the same' }]);
    const layout = writeOciLayout(image, tempDir().path);
    const workers = [0, 1, 2, 3].map((worker) => operationsOf(worker, layout, image.manifestDigest));
    const collector: readonly ChildOperation[] = Array.from({ length: perProcess * 2 }, () => ({
      kind: 'gc',
    }));
    const children = [...workers, collector].map((operations) =>
      startStoreChild({ directory, operations, retries: 3 }),
    );
    for (const { ended } of children) assert.equal((await ended).failure, undefined);
    const names = [...(await tagsOf(directory)).keys()].filter((name) => name !== '').sort();
    assert.deepEqual(names, workers.flatMap(remaining).sort());
    const store = await openDiskStore(directory);
    assert.deepEqual(await verifyStore(store), []);
    assert.deepEqual(readdirSync(store.places.leases), []);
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });
});

/** Imports and tags under names of its own, and takes every third of them away again. */
function operationsOf(
  worker: number,
  layout: string,
  digest: ReturnType<typeof buildImage>['manifestDigest'],
): readonly ChildOperation[] {
  return Array.from({ length: perProcess }, (_, at): readonly ChildOperation[] => {
    const name = `docker.io/library/w${worker}:${at}`;
    const add: ChildOperation =
      at % 2 === 0 ? { kind: 'import', name, layout, digest } : { kind: 'tag', name, digest };
    return at % 3 === 2 ? [add, { kind: 'remove', name }] : [add];
  }).flat();
}

function remaining(operations: readonly ChildOperation[]): readonly string[] {
  const names = new Set<string>();
  for (const operation of operations) {
    if (operation.kind === 'remove') names.delete(operation.name);
    else if (operation.kind !== 'gc') names.add(operation.name);
  }
  return [...names];
}
