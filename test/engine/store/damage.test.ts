import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import { type DiskStore, diskStoreAt } from '../../../src/engine/store/diskStore.ts';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { importImage } from '../../../src/engine/transfer/importImage.ts';
import { tagImage } from '../../../src/engine/transfer/tagImage.ts';
import { Random } from '../../support/random.ts';
import { blobFile, copyOfStore, sourceOf, storeWith, tagsOf } from '../../support/storeFixture.ts';
import { firstImage, secondImage } from '../../support/storeOperations.ts';

describe('a damaged store', function () {
  this.timeout(30_000);
  let base: DiskStore;
  before(async () => {
    base = await storeWith(firstImage, secondImage);
    await tagImage(base, 'more', firstImage.manifestDigest);
  });

  it('is noticed whichever file has a bit turned or is cut', async () => {
    const random = new Random(11);
    for (const name of filesOf(base.places.directory))
      for (let round = 0; round < 24; round++) {
        const store = diskStoreAt(copyOfStore(base));
        const what = damage(path.join(store.places.directory, name), random);
        if (what === undefined) continue;
        assert.notDeepEqual(await verifyStore(store), [], `${name}: ${what}`);
      }
  });

  it('loses no name when index.json is damaged, cut or missing', async () => {
    const tags = [...(await tagsOf(base.places.directory))];
    for (const spoil of [
      (file: string) => {
        truncateSync(file, 100);
      },
      (file: string) => {
        writeFileSync(file, '');
      },
      (file: string) => {
        writeFileSync(file, Buffer.alloc(200));
      },
      (file: string) => {
        rmSync(file);
      },
    ]) {
      const directory = copyOfStore(base);
      spoil(path.join(directory, 'index.json'));
      const store = await openDiskStore(directory);
      assert.deepEqual([...(await tagsOf(directory))], tags);
      assert.deepEqual(await verifyStore(store), []);
    }
  });

  it('keeps the damaged index where it can be looked at', async () => {
    const directory = copyOfStore(base);
    writeFileSync(path.join(directory, 'index.json'), '{"manifests":');
    await openDiskStore(directory);
    const [kept] = readdirSync(path.join(directory, 'corrupt'));
    assert.equal(readFileSync(path.join(directory, 'corrupt', kept ?? ''), 'utf8'), '{"manifests":');
  });

  it('is not opened when neither the index nor its copy can be read, and nothing is forgotten', async () => {
    const directory = copyOfStore(base);
    for (const name of ['index.json', 'index.json.bak']) writeFileSync(path.join(directory, name), 'x');
    await assert.rejects(openDiskStore(directory), (error) => isEngineError(error, 'damaged'));
    for (const name of ['index.json', 'index.json.bak']) rmSync(path.join(directory, name));
    await assert.rejects(openDiskStore(directory), (error) => isEngineError(error, 'damaged'));
    assert.equal((await diskStoreAt(directory).blobs.list()).length, 7);
  });

  it('has its marker written anew', async () => {
    const directory = copyOfStore(base);
    writeFileSync(path.join(directory, 'oci-layout'), '');
    const store = await openDiskStore(directory);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('serves nothing damaged, and is healed by importing again', async () => {
    const directory = copyOfStore(base);
    const store = await openDiskStore(directory);
    const layer = firstImage.layers[1]!;
    flip(blobFile(directory, layer.digest), 40);
    const codes = (await verifyStore(store)).map(({ code, subject }) => [code, subject]);
    assert.deepEqual(codes, [
      ['blob-damaged', layer.digest],
      ['blob-missing', layer.digest],
    ]);
    assert.equal(await store.blobs.find(layer.digest), undefined);
    assert.equal(readdirSync(store.places.corrupt).length, 1);
    const { source, entries } = await sourceOf(firstImage);
    await importImage(store, source, entries[0]!, undefined);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('has no garbage collected while a manifest cannot be read: what it needs is not known', async () => {
    const directory = copyOfStore(base);
    const store = await openDiskStore(directory);
    flip(blobFile(directory, firstImage.manifestDigest), 10);
    await assert.rejects(collectGarbage(store, { isDryRun: false, graceMs: -1 }), (error) =>
      isEngineError(error, 'damaged'),
    );
    assert.equal((await store.blobs.list()).length, 7);
  });

  it('does not read an index without bounds', async () => {
    const directory = copyOfStore(base);
    truncateSync(path.join(directory, 'index.json'), 17 * 1024 * 1024);
    await assert.rejects(diskStoreAt(directory).refs.read(), (error) =>
      isEngineError(error, 'limit-exceeded'),
    );
  });

  it('is not made of somebody’s folder', async () => {
    const directory = copyOfStore(base);
    for (const name of readdirSync(directory)) rmSync(path.join(directory, name), { recursive: true });
    writeFileSync(path.join(directory, 'letter.txt'), '');
    await assert.rejects(openDiskStore(directory), (error) => isEngineError(error, 'invalid-path'));
    assert.deepEqual(readdirSync(directory), ['letter.txt']);
  });
});

/** Everything that lasts, relative to the store. */
function filesOf(directory: string): readonly string[] {
  const blobs = readdirSync(path.join(directory, 'blobs/sha256')).map((name) => `blobs/sha256/${name}`);
  return ['oci-layout', 'index.json', 'index.json.bak', ...blobs];
}

/** Says what was done; undefined where it would change nothing that matters. */
function damage(file: string, random: Random): string | undefined {
  const { size } = statSync(file);
  chmodSync(file, 0o600);
  if (random.chance(0.3)) {
    const length = random.below(size);
    truncateSync(file, length);
    return `cut to ${length}`;
  }
  const at = random.below(size);
  // The index is compared with what the copy holds first; the digest of the one before matters only after a crash.
  const previous = readFileSync(file, 'latin1').indexOf('"lamina.previous"');
  if (previous >= 0 && at >= previous) return undefined;
  flip(file, at, 1 << random.below(8));
  return `bit turned in byte ${at}`;
}

function flip(file: string, at: number, mask = 1): void {
  chmodSync(file, 0o600);
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  writeFileSync(file, bytes);
}
