import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type Digest, digestOf } from '../../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import { collectGarbage, type GarbageReport } from '../../../src/engine/store/collectGarbage.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { newOwner } from '../../../src/engine/store/processOwner.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { buildImage } from '../../support/buildImage.ts';
import { storeWith, tagsOf } from '../../support/storeFixture.ts';
import { firstImage, secondImage } from '../../support/storeOperations.ts';

const hourMs = 3_600_000;
const amd = buildImage([{ a: 'amd64' }]);
const arm = buildImage([{ a: 'arm64' }], { architecture: 'arm64' });

describe('collectGarbage', () => {
  it('takes what no image leads to, and nothing that one does', async () => {
    const store = await storeWith(firstImage, secondImage);
    makeOld(store);
    await store.refs.removeName('docker.io/library/second:1');
    const { removed, kept, bytes } = await collect(store);
    const own = [secondImage.manifestDigest, secondImage.imageId, secondImage.layers[1]!.digest];
    assert.deepEqual(removed.map(({ digest }) => digest as string).sort(), own.sort());
    assert.equal(kept, 4);
    assert.equal(
      bytes,
      removed.reduce((sum, { size }) => sum + size, 0),
    );
    assert.deepEqual(await verifyStore(store), []);
    assert.deepEqual(readdirSync(store.places.trash), []);
  });

  it('says what would go, and takes nothing', async () => {
    const store = await storeWith(firstImage);
    makeOld(store);
    await store.refs.removeName('docker.io/library/first:1');
    const { removed } = await collectGarbage(store, { isDryRun: true });
    assert.equal(removed.length, 4);
    assert.equal((await store.blobs.list()).length, 4);
  });

  it('keeps what indexes in indexes, attestations and images without a name lead to', async () => {
    for (const attestation of ['artifact', 'legacy'] as const) {
      const names = ['docker.io/library/multi:1'];
      const store = await storeWith(
        { names, platforms: [amd, arm], attestation },
        buildImage([{ b: 'nameless' }]),
      );
      const { entries } = await store.refs.read();
      await nest(store, entries[0]?.['digest'] as Digest);
      makeOld(store);
      assert.deepEqual((await collect(store)).removed, []);
    }
  });

  it('keeps what was added within the hour, and what was added again', async () => {
    const store = await storeWith();
    await using lease = store.leases.take();
    const old = await store.blobs.addBytes(Buffer.from('old'), lease);
    const again = await store.blobs.addBytes(Buffer.from('again'), lease);
    makeOld(store);
    await store.blobs.addBytes(Buffer.from('again'), lease);
    await store.blobs.addBytes(Buffer.from('new'), lease);
    await lease[Symbol.asyncDispose]();
    assert.deepEqual(
      (await collect(store)).removed.map(({ digest }) => digest),
      [old.digest],
    );
    assert.notEqual(await store.blobs.find(again.digest), undefined);
  });

  it('keeps what a lease holds, however old, until the lease ends or its process has', async () => {
    const store = await storeWith();
    const lease = store.leases.take();
    await store.blobs.addBytes(Buffer.from('held'), lease);
    makeOld(store);
    assert.equal((await collect(store)).removed.length, 0);
    await lease[Symbol.asyncDispose]();
    assert.equal((await collect(store)).removed.length, 1);
  });

  it('does not care for the lease of a process that has ended, and removes it', async () => {
    const store = await storeWith();
    const { digest } = await store.blobs.addBytes(Buffer.from('held'), store.leases.take());
    makeOld(store);
    const [file] = readdirSync(store.places.leases).map((name) => path.join(store.places.leases, name));
    const owner = { ...newOwner(), pid: 2 ** 22 - 3 };
    writeFileSync(file ?? '', JSON.stringify({ owner, digests: [digest] }));
    assert.equal((await collect(store)).removed.length, 1);
    assert.deepEqual(readdirSync(store.places.leases), []);
  });

  it('keeps for an hour what another machine holds that gives no sign', async () => {
    const store = await storeWith();
    const { digest } = await store.blobs.addBytes(Buffer.from('held'), store.leases.take());
    makeOld(store);
    const [file = ''] = readdirSync(store.places.leases).map((name) => path.join(store.places.leases, name));
    writeFileSync(file, JSON.stringify({ owner: { ...newOwner(), place: 'elsewhere' }, digests: [digest] }));
    assert.equal((await collect(store)).removed.length, 0);
    age(file, 2 * hourMs);
    assert.equal((await collect(store)).removed.length, 1);
  });

  it('takes nothing while a lease cannot be read that may live', async () => {
    const store = await storeWith();
    const file = path.join(store.places.leases, 'damaged.json');
    writeFileSync(file, '{"own');
    await assert.rejects(collect(store), (error) => isEngineError(error, 'busy'));
    age(file, 2 * hourMs);
    await collect(store);
    assert.equal(existsSync(file), false);
  });

  it('puts back from the trash what is needed after all', async () => {
    const store = await storeWith(firstImage);
    const { digest } = firstImage.layers[0]!;
    mkdirSync(store.places.trash);
    renameSync(store.places.blob(digest), store.places.aside('trash', digest));
    writeFileSync(store.places.aside('trash', digestOf(Buffer.from('gone'))), 'gone');
    await collect(store);
    assert.deepEqual(await verifyStore(store), []);
    assert.deepEqual(readdirSync(store.places.trash), []);
  });

  it('clears files that processes left in the middle, a day after', async () => {
    const store = await storeWith();
    const living = store.leases.take();
    await living.hold([digestOf(Buffer.from('x'))]);
    const [mine, young, old] = [living.id, 'young', 'old'].map((id) => store.places.newTemporary(id));
    for (const file of [mine, young, old]) writeFileSync(file ?? '', '');
    for (const file of [mine, old]) age(file ?? '', 25 * hourMs);
    await collect(store);
    assert.deepEqual(
      [mine, young, old].map((file) => existsSync(file ?? '')),
      [true, true, false],
    );
    await living[Symbol.asyncDispose]();
  });

  it('stops when told to, and what is left is whole', async () => {
    const store = await storeWith(firstImage);
    await using lease = store.leases.take();
    const garbage = Array.from({ length: 450 }, (_, at) => Buffer.from(`garbage ${at}`));
    await lease.hold(garbage.map(digestOf));
    await Promise.all(garbage.map((bytes) => store.blobs.addBytes(bytes, lease)));
    await lease[Symbol.asyncDispose]();
    makeOld(store);
    const stop = new AbortController();
    const options = {
      isDryRun: false,
      signal: stop.signal,
      onProgress: () => {
        stop.abort();
      },
    };
    await assert.rejects(collectGarbage(store, options), (error) => isEngineError(error, 'cancelled'));
    const left = (await store.blobs.list()).length;
    assert.ok(left > 4 && left < 454, `${left} are left`);
    await collect(store);
    assert.equal((await store.blobs.list()).length, 4);
    assert.deepEqual(await verifyStore(store), []);
  }).timeout(20_000);

  it('leaves alone what is no blob', async () => {
    const store = await storeWith(firstImage);
    const foreign = path.join(store.places.blobs, 'sha256', 'oci-put-blob123');
    writeFileSync(foreign, '');
    age(foreign, 25 * hourMs);
    await collect(store);
    assert.equal(existsSync(foreign), true);
  });

  it('is refused while the index is missing', async () => {
    const store = await storeWith(firstImage);
    makeOld(store);
    rmSync(store.places.index);
    await assert.rejects(collect(store), (error) => isEngineError(error, 'not-found'));
    assert.equal((await store.blobs.list()).length, 4);
  });
});

function collect(store: DiskStore): Promise<GarbageReport> {
  return collectGarbage(store, { isDryRun: false });
}

/** Wraps an index in two more, under the same name. */
async function nest(store: DiskStore, digest: Digest): Promise<void> {
  await using lease = store.leases.take();
  let child = {
    mediaType: mediaTypes.ociIndex as string,
    digest,
    size: (await store.blobs.find(digest))?.size ?? 0,
  };
  for (let depth = 0; depth < 2; depth++) {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [child] }));
    child = { mediaType: mediaTypes.ociIndex, ...(await store.blobs.addBytes(bytes, lease)) };
  }
  await store.refs.put(child, ['docker.io/library/multi:1'], () => Promise.resolve());
  await store.refs.removeNameless(digest);
  assert.equal((await tagsOf(store.places.directory)).get('docker.io/library/multi:1'), child.digest);
}

function makeOld({ places }: DiskStore): void {
  const folder = path.join(places.blobs, 'sha256');
  for (const name of readdirSync(folder)) age(path.join(folder, name), 2 * hourMs);
}

function age(file: string, byMs: number): void {
  const time = (Date.now() - byMs) / 1000;
  utimesSync(file, time, time);
}
