import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { Store } from '../../../src/engine/engineContract.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { openSource } from '../../../src/engine/sources/index.ts';
import type { Disk } from '../../../src/engine/store/disk.ts';
import { nodeDisk } from '../../../src/engine/store/nodeDisk.ts';
import { ImageStore } from '../../../src/engine/transfer/imageStore.ts';
import { sourceOf } from '../../support/storeFixture.ts';
import { firstImage, secondImage } from '../../support/storeOperations.ts';
import { startStoreChild } from '../../support/startStoreChild.ts';
import { tempDir } from '../../support/tempDir.ts';

describe('ImageStore', () => {
  let store: Store;
  beforeEach(() => {
    store = new ImageStore(path.join(tempDir().path, 'data', 'store'));
  });

  it('makes nothing before it is needed, and then for its owner only', async () => {
    assert.equal(existsSync(store.directory), false);
    assert.deepEqual(await names(store), []);
    assert.equal(statSync(store.directory).mode & 0o777, 0o700);
  });

  it('imports, tags, removes and forgets', async () => {
    const { source, entries } = await sourceOf(firstImage, secondImage);
    const stored = await store.import(source, entries[0]!, undefined);
    assert.deepEqual(
      [stored.name, stored.target.digest],
      ['docker.io/library/first:1', firstImage.manifestDigest],
    );
    await store.tag('again', stored.target.digest);
    assert.deepEqual(await names(store), [['docker.io/library/first:1', 'docker.io/library/again:latest']]);
    await store.remove('first:1');
    await store.remove('first:1');
    assert.deepEqual(await names(store), [['docker.io/library/again:latest']]);
    await store.import(source, entries[1]!, 'again');
    assert.deepEqual(await names(store), [[], ['docker.io/library/again:latest']]);
    await store.removeTarget(firstImage.manifestDigest);
    await store.removeTarget(secondImage.manifestDigest);
    assert.deepEqual(await names(store), [['docker.io/library/again:latest']]);
  });

  it('gives its images as a source, which reads them', async () => {
    await importFirst(store);
    await using source = await store.source();
    const [entry] = await source.list();
    const core = await source.resolve(entry!, entry!.variants[0]!);
    assert.equal(source.kind, 'store');
    assert.deepEqual(core.configBytes && Buffer.from(core.configBytes), firstImage.config);
    assert.deepEqual([...source.problems, ...core.problems], []);
  });

  it('gives a tag to what it has, whole, and to nothing else', async () => {
    await importFirst(store);
    const absent = digestOf(Buffer.from('absent'));
    await assert.rejects(store.tag('x', absent), (error) => isEngineError(error, 'not-found'));
    await assert.rejects(store.tag('x y', firstImage.manifestDigest), (error) =>
      isEngineError(error, 'invalid-reference'),
    );
    await store.remove('first:1');
    await store.tag('saved', firstImage.manifestDigest);
    assert.deepEqual(await names(store), [['docker.io/library/saved:latest']]);
  });

  it('tells what it did, and what other processes do while someone listens', async () => {
    await importFirst(store);
    let changes = 0;
    store.onDidChange(() => changes++);
    await store.tag('own', firstImage.manifestDigest);
    assert.equal(changes, 1);
    const watching = store.watch();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = changes;
    await inOtherProcess(store.directory, 'docker.io/library/theirs:1');
    await until(() => changes > before);
    watching.dispose();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = changes;
    await inOtherProcess(store.directory, 'docker.io/library/theirs:2');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(changes, after);
  }).timeout(20_000);

  it('counts what it holds', async () => {
    await importFirst(store);
    const { blobs, bytes } = await store.usage();
    assert.equal(blobs, 4);
    assert.ok(bytes > firstImage.config.length);
  });

  it('saves what can be opened again', async () => {
    await importFirst(store);
    const destination = tempDir().file('saved.tar');
    await using source = await store.source();
    const images = (await source.list()).map((entry) => ({ source, entry }));
    await store.save({ images, format: 'docker-archive', destination });
    await using saved = await openSource(destination, { spoolDirectory: tempDir().path });
    assert.deepEqual((await saved.list())[0]?.names, ['docker.io/library/first:1']);
  });

  it('collects garbage and verifies', async () => {
    await importFirst(store);
    await store.remove('first:1');
    const { removed, kept } = await store.collectGarbage({ isDryRun: true });
    assert.deepEqual([removed, kept], [[], 4], 'all of it is younger than an hour');
    assert.deepEqual(await store.verify(), []);
  });

  it('is read where it may not be written, and says so when it is to be', async () => {
    await importFirst(store);
    const readOnly = new ImageStore(store.directory, { disk: readOnlyDisk });
    assert.deepEqual(await names(readOnly), [['docker.io/library/first:1']]);
    assert.deepEqual(await readOnly.verify(), []);
    await assert.rejects(readOnly.tag('x', firstImage.manifestDigest), (error) =>
      isEngineError(error, 'denied'),
    );
    await assert.rejects(readOnly.remove('first:1'), (error) => isEngineError(error, 'denied'));
    assert.deepEqual(await names(readOnly), [['docker.io/library/first:1']]);
  });

  it('opens when the failure that kept it from opening has gone', async () => {
    let isBroken = true;
    const disk: Disk = {
      ...nodeDisk,
      makeDirectory: (at) => (isBroken ? refuse('EIO') : nodeDisk.makeDirectory(at)),
    };
    const flaky = new ImageStore(path.join(tempDir().path, 'store'), { disk });
    await assert.rejects(flaky.usage(), (error) => isEngineError(error, 'io'));
    isBroken = false;
    assert.deepEqual(await flaky.usage(), { blobs: 0, bytes: 0 });
  });
});

const readOnlyDisk: Disk = {
  ...nodeDisk,
  open: (at, purpose) => (purpose === 'read' ? nodeDisk.open(at, purpose) : refuse('EROFS')),
  rename: () => refuse('EROFS'),
  link: () => refuse('EROFS'),
  remove: () => refuse('EROFS'),
  makeDirectory: () => refuse('EROFS'),
  setTime: () => refuse('EROFS'),
  setMode: () => refuse('EROFS'),
};

function refuse(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(code), { code }));
}

async function importFirst(store: Store): Promise<void> {
  const { source, entries } = await sourceOf(firstImage);
  await store.import(source, entries[0]!, undefined);
}

async function names(store: Store): Promise<readonly (readonly string[])[]> {
  await using source = await store.source();
  return (await source.list()).map((entry) => entry.names);
}

async function inOtherProcess(directory: string, name: string): Promise<void> {
  const operations = [{ kind: 'tag', name, digest: firstImage.manifestDigest }] as const;
  assert.equal((await startStoreChild({ directory, operations, retries: 0 }).ended).failure, undefined);
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 20));
}
