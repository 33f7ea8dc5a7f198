import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { blame } from '../../../src/engine/compare/blame.ts';
import { Container } from '../../../src/engine/snapshots/container.ts';
import type { ContainerConfig } from '../../../src/engine/snapshots/containerConfig.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import { type DiskStore, diskStoreAt } from '../../../src/engine/store/diskStore.ts';
import { nameOfEntry } from '../../../src/engine/store/storeIndex.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import type { BuiltLayer } from '../../support/buildImage.ts';
import { baseOf, lessonImage, textAt } from '../../support/containerFixture.ts';
import { type FaultKind, FaultyDisk } from '../../support/faultyDisk.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { blobFile, copyOfStore, shortLocks, storeWith } from '../../support/storeFixture.ts';

const manifest = lessonImage.manifestDigest;
const base = baseOf(lessonImage);
const index = '/html/index.html' as LayerPath;

describe('Containers of the store', function () {
  this.timeout(20_000);
  let store: DiskStore;
  let snapshotter: Snapshotter;

  beforeEach(async () => {
    store = await storeWith(lessonImage);
    snapshotter = new Snapshotter(store);
  });

  it('are made, listed, found, renamed and removed', async () => {
    const first = await snapshotter.create({ manifest, imageName: 'hello-nginx:latest' });
    const second = await snapshotter.create({ manifest, name: 'mine' });
    assert.equal(first.name, 'hello-nginx-1');
    assert.deepEqual(first.image, {
      manifest,
      name: 'hello-nginx:latest',
      diffIds: lessonImage.layers.map(({ diffId }) => diffId),
    });
    assert.deepEqual(new Set((await snapshotter.list()).containers), new Set([first, second]));
    assert.deepEqual(await snapshotter.find(first.id.slice(0, 12)), first);
    const renamed = await snapshotter.rename(second.id, 'yours');
    assert.deepEqual(await snapshotter.find('yours'), renamed);
    await snapshotter.remove(first.id);
    await snapshotter.remove(first.id);
    assert.deepEqual((await snapshotter.list()).containers, [renamed]);
    assert.deepEqual(readdirSync(store.places.containers), [second.id]);
  });

  it('are made without a look at any layer', async () => {
    for (const { digest } of lessonImage.layers) rmSync(blobFile(store.places.directory, digest));
    const { image } = await snapshotter.create({ manifest });
    assert.equal(image.diffIds.length, 2);
    await assert.rejects(snapshotter.create({ manifest: lessonImage.layers[0]!.digest }), code('not-found'));
  });

  it('have names as docker has them, each once', async () => {
    const { id } = await snapshotter.create({ manifest, name: 'taken' });
    for (const name of ['', 'a', '-a', 'a b', '../x', 'ü'])
      assert.throws(() => snapshotter.create({ manifest, name }), code('invalid-reference'), name);
    await assert.rejects(snapshotter.create({ manifest, name: 'taken' }), code('already-exists'));
    const other = await snapshotter.create({ manifest, name: 'other' });
    await assert.rejects(snapshotter.rename(other.id, 'taken'), code('already-exists'));
    await assert.rejects(snapshotter.find('nobody'), code('not-found'));
    assert.equal((await snapshotter.rename(id, 'taken')).name, 'taken');
  });

  it('one that is damaged does not hide the others, and keeps the collector from guessing', async () => {
    const [good, bad] = [await snapshotter.create({ manifest }), await snapshotter.create({ manifest })];
    writeFileSync(path.join(store.places.containers, bad.id, 'config.json'), '{');
    const { containers, damaged } = await snapshotter.list();
    assert.deepEqual(containers, [good]);
    assert.deepEqual(
      damaged.map(({ id, failure }) => [id, failure.code]),
      [[bad.id, 'damaged']],
    );
    await assert.rejects(collectGarbage(store, { isDryRun: true, graceMs: -1 }), code('damaged'));
    assert.deepEqual(
      (await verifyStore(store)).map((problem) => problem.code),
      ['config-invalid'],
    );
    await snapshotter.remove(bad.id);
    await collectGarbage(store, { isDryRun: true, graceMs: -1 });
  });

  it('of one image share it: a change shows in one, and neither in the other nor in the image', async () => {
    const [one, other] = [await opened(), await opened()];
    await one.writeFile(index, Buffer.from('changed'));
    assert.equal(await textAt(one, index), 'changed');
    assert.equal(await textAt(other, index), 'Hello!');
    const { mode, uid, origin } = one.view.lookup(index)!;
    assert.deepEqual([mode, uid], [0o600, 33]);
    assert.deepEqual(origin.in === 'container' && origin.copiedFrom, { path: index, layer: 1 });
    assert.deepEqual(
      (await one.diff()).map(({ kind, path: at, differs }) => [kind, at, differs]),
      [
        ['modified', '/html', []],
        ['modified', index, ['content', 'mtime']],
      ],
    );
    assert.deepEqual(await other.diff(), []);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('are one for several processes: each sees what the others did, and nothing is lost', async () => {
    const one = await opened();
    const other = await Container.open(diskStoreAt(store.places.directory), one.config, base);
    const names = Array.from({ length: 10 }, (_, at) => `/${at}` as LayerPath);
    await Promise.all(
      names.map((name, at) => [one, other][at % 2]!.writeFile(name, Buffer.from(`content of ${name}`))),
    );
    await Promise.all([one.refresh(), other.refresh()]);
    for (const name of names)
      for (const each of [one, other]) assert.equal(await textAt(each, name), `content of ${name}`);
    assert.equal(await one.refresh(), false);
  });

  it('are a stack of layers too, with every version of a file', async () => {
    const container = await opened();
    await container.writeFile(index, Buffer.from('changed'));
    const layered = container.layered();
    await container.writeFile(index, Buffer.from('changed again'));
    const touches = await blame(layered.view.layers, index, () => Promise.resolve(false));
    assert.deepEqual(
      touches.map(({ layer, change, differs }) => [layer, change, differs]),
      [
        [2, 'modified', ['content', 'mtime']],
        [1, 'modified', ['content', 'mode', 'owner']],
        [0, 'added', []],
      ],
    );
    const texts = touches.map(async ({ entry }) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of layered.read(entry!, { start: 0, end: entry!.size })) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    });
    assert.deepEqual(await Promise.all(texts), ['changed', 'Hello!', 'Welcome to nginx!']);
  });

  it('do all of a change or nothing', async () => {
    const container = await opened();
    await assert.rejects(
      container.change((upper) => {
        upper.unlink(index);
        upper.mkdir('/html' as LayerPath);
      }),
      code('already-exists'),
    );
    assert.equal(await textAt(container, index), 'Hello!');
    assert.deepEqual(await container.diff(), []);
  });

  it('shorten their journal, and keep only the bytes that files have', async () => {
    const container = await opened();
    const other = await Container.open(store, container.config, base);
    for (let at = 0; at < 40; at++) {
      await container.writeFile(index, Buffer.from(`version ${at}`));
      await container.change((upper) => {
        upper.symlink('/link' as LayerPath, 'x'.repeat(4000) as never);
        upper.unlink('/link' as LayerPath);
      });
    }
    const folder = path.join(store.places.containers, container.config.id);
    assert.ok(statSync(path.join(folder, 'journal')).size < 64 * 1024 + 5000);
    assert.ok(readdirSync(path.join(folder, 'contents')).length < 40);
    assert.equal(await other.refresh(), true);
    assert.equal(await textAt(other, index), 'version 39');
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });

  it('say of a view whose bytes are gone that it is old, and of bytes that are lost that they are', async () => {
    const container = await opened();
    await container.writeFile(index, Buffer.from('first'));
    const [entry, layered] = [container.view.lookup(index)!, container.layered()];
    const other = await Container.open(store, container.config, base);
    await other.writeFile(index, Buffer.from('second'));
    for (const name of [1, 2])
      await other.change((upper) => {
        upper.symlink(`/${name}` as LayerPath, 'x'.repeat(70_000) as never);
      });
    await assert.rejects(bytesOf(container.read(entry)), code('changed'));
    const touched = layered.view.lookup(index)!;
    await assert.rejects(bytesOf(layered.read(touched, { start: 0, end: 5 })), code('changed'));
    assert.equal(await textAt(container, index), 'second');
    const contents = path.join(store.places.containers, container.config.id, 'contents');
    for (const name of readdirSync(contents)) rmSync(path.join(contents, name));
    await assert.rejects(textAt(container, index), code('damaged'));
  });

  it('are committed as they are when their bytes are replaced meanwhile', async () => {
    const container = await opened();
    await container.writeFile(index, Buffer.from('first'));
    const other = await Container.open(store, container.config, base);
    await other.writeFile(index, Buffer.from('second'));
    for (const name of [1, 2])
      await other.change((upper) => {
        upper.symlink(`/${name}` as LayerPath, 'x'.repeat(70_000) as never);
      });
    const { layer } = await snapshotter.commit(container, {});
    const tar = gunzipSync(readFileSync(blobFile(store.places.directory, layer!.digest)));
    assert.ok(tar.includes('second') && !tar.includes('first'));
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });

  it('keep their image from the collector, whatever becomes of its name', async () => {
    const container = await opened();
    await store.refs.removeName(lessonImage.names[0]!);
    assert.equal((await collectGarbage(store, { isDryRun: false, graceMs: -1 })).removed.length, 0);
    assert.deepEqual(await verifyStore(store), []);
    const [{ digest }] = lessonImage.layers as [BuiltLayer];
    const bytes = readFileSync(blobFile(store.places.directory, digest));
    rmSync(blobFile(store.places.directory, digest));
    assert.deepEqual(await verifyStore(store), [{ code: 'blob-missing', subject: digest }]);
    writeFileSync(blobFile(store.places.directory, digest), bytes);
    await snapshotter.remove(container.config.id);
    assert.equal((await collectGarbage(store, { isDryRun: false, graceMs: -1 })).removed.length, 4);
  });

  it('survive a journal that ends anywhere: what was acknowledged before stays', async () => {
    const container = await opened();
    const journal = path.join(store.places.containers, container.config.id, 'journal');
    const lengths = [statSync(journal).size];
    for (let at = 0; at < 2; at++) {
      await container.writeFile(index, Buffer.from(`version ${at}`));
      lengths.push(statSync(journal).size);
    }
    const whole = readFileSync(journal);
    for (let end = lengths[0]!; end <= whole.length; end++) {
      writeFileSync(journal, whole.subarray(0, end));
      const done = lengths.filter((length) => length <= end).length - 1;
      const again = await Container.open(store, container.config, base);
      assert.equal(await textAt(again, index), done === 0 ? 'Hello!' : `version ${done - 1}`, `at ${end}`);
    }
    const last = await Container.open(store, container.config, base);
    truncateSync(journal, whole.length - 5);
    await last.refresh();
    await last.writeFile(index, Buffer.from('after'));
    assert.equal(await textAt(await Container.open(store, container.config, base), index), 'after');
  });

  it('do not pass over a damaged line that others follow', async () => {
    const container = await opened();
    const journal = path.join(store.places.containers, container.config.id, 'journal');
    for (const text of ['one', 'two', 'three']) await container.writeFile(index, Buffer.from(text));
    const bytes = readFileSync(journal);
    const lines = bytes.toString().split('\n').slice(0, 3);
    bytes[lines[0]!.length + 40]! ^= 1;
    writeFileSync(journal, bytes);
    await assert.rejects(Container.open(store, container.config, base), code('damaged'));
  });

  async function opened(): Promise<Container> {
    return snapshotter.open(await snapshotter.create({ manifest }), base);
  }
});

/** What changes containers, each after the ones before. */
interface Step {
  readonly name: string;
  readonly run: (store: DiskStore, config: ContainerConfig) => Promise<unknown>;
  /** Whether it is done. */
  readonly isDone: (store: DiskStore, config: ContainerConfig) => Promise<boolean>;
}

const steps: readonly Step[] = [
  {
    name: 'create',
    run: (store) => new Snapshotter(store).create({ manifest, name: 'new' }),
    isDone: async (store) =>
      (await new Snapshotter(store).list()).containers.some(({ name }) => name === 'new'),
  },
  {
    name: 'rename',
    run: (store, { id }) => new Snapshotter(store).rename(id, 'renamed'),
    isDone: async (store) =>
      (await new Snapshotter(store).list()).containers.some(({ name }) => name === 'renamed'),
  },
  {
    name: 'write',
    run: async (store, config) =>
      (await Container.open(store, config, base)).writeFile(index, Buffer.from('written')),
    isDone: async (store, config) =>
      (await textAt(await Container.open(store, config, base), index)) === 'written',
  },
  {
    name: 'change',
    run: async (store, config) =>
      (await Container.open(store, config, base)).change((upper) => {
        if (upper.view.lookup('/moved' as LayerPath) === undefined)
          upper.rename('/etc' as LayerPath, '/moved' as LayerPath);
        upper.chmod(index, 0o640);
      }),
    isDone: async (store, config) => {
      const { view } = await Container.open(store, config, base);
      const isMoved = view.lookup('/moved' as LayerPath) !== undefined;
      assert.equal(view.lookup('/etc' as LayerPath) === undefined, isMoved);
      assert.equal(view.lookup(index)?.mode === 0o640, isMoved);
      return isMoved;
    },
  },
  {
    name: 'revert',
    run: async (store, config) =>
      (await Container.open(store, config, base)).change((upper) => {
        upper.revert('/html' as LayerPath);
        upper.revert('/before' as LayerPath);
      }),
    isDone: async (store, config) =>
      (await Container.open(store, config, base)).view.lookup('/before' as LayerPath) === undefined,
  },
  {
    name: 'commit',
    run: async (store, config) => {
      const container = await Container.open(store, config, base);
      return new Snapshotter(store).commit(container, { name: 'committed:1' });
    },
    isDone: async (store) =>
      (await store.refs.read()).entries.some(
        (entry) => nameOfEntry(entry) === 'docker.io/library/committed:1',
      ),
  },
  {
    name: 'remove',
    run: (store, { id }) => new Snapshotter(store).remove(id),
    isDone: async (store, { id }) =>
      !(await new Snapshotter(store).list()).containers.some((each) => each.id === id),
  },
];

/** Which calls fail in which way: all of them in one, in a full run in each. */
const turns = (['EIO', 'ENOSPC', 'EPERM', 'crash', 'crash-after', 'short'] as const).map((kind, turn, all) =>
  isFullRun ? { kind, first: 1, step: 1 } : { kind, first: 1 + turn, step: all.length },
);

describe('Containers when each call to the disk goes wrong once', function () {
  this.timeout(isFullRun ? 600_000 : 60_000);
  let base0: DiskStore;
  let config: ContainerConfig;

  before(async () => {
    base0 = await storeWith(lessonImage);
    const snapshotter = new Snapshotter(base0);
    config = await snapshotter.create({ manifest });
    const container = await snapshotter.open(config, base);
    await container.writeFile('/before' as LayerPath, Buffer.from('kept'));
  });

  for (const step of steps)
    it(`${step.name}: done or not, nothing lost, and it can be done again`, async () => {
      for (const { kind, first, step: by } of turns) {
        // A commit makes many calls, most of which the store's own sweep fails too.
        const stride = step.name === 'commit' && !isFullRun ? 3 * by : by;
        for (let at = first, isHit = true; isHit; at += stride) isHit = await failAt(step, kind, at);
      }
    });

  async function failAt(step: Step, kind: FaultKind, at: number): Promise<boolean> {
    const directory = copyOfStore(base0);
    const disk = new FaultyDisk({ at, kind });
    const faulty = diskStoreAt(directory, { disk, lockTiming: shortLocks });
    const run = step.run(faulty, config).then(
      () => true,
      () => false,
    );
    const isAcknowledged = await Promise.race([run, disk.crashed.then(() => false)]);
    forgetOwners(directory);
    const store = diskStoreAt(directory, { lockTiming: shortLocks });
    const where = `${kind} at call ${at}: ${disk.calls.at(-1) ?? ''}`;
    const isDone = await step.isDone(store, config);
    if (isAcknowledged) assert.ok(isDone, where);
    assert.deepEqual(await verifyStore(store), [], where);
    if (step.name !== 'remove' || !isDone) {
      const container = await Container.open(store, config, base);
      assert.equal(
        await textAt(container, '/before'),
        step.name === 'revert' && isDone ? undefined : 'kept',
        where,
      );
      assert.ok(['Hello!', 'written'].includes((await textAt(container, index)) ?? ''), where);
    }
    if (!isDone || step.name !== 'create') await step.run(store, config);
    assert.ok(await step.isDone(store, config), where);
    return disk.isHit;
  }
});

/** As if the process that made them were gone: here it lives on. */
function forgetOwners(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!/(?:^|\/)(?:lock|index\.json\.lock)(?:\.break)?$|^leases\//.test(name)) continue;
    const file = path.join(directory, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"startedAt":"\d+"/, '"startedAt":"1"'));
  }
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function code(...codes: readonly string[]): (error: unknown) => boolean {
  return (error) => isEngineError(error) && codes.includes(error.code);
}
