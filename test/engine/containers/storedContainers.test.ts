import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import type { Engine } from '../../../src/engine/engineContract.ts';
import { lessonImage } from '../../support/containerFixture.ts';
import { Random } from '../../support/random.ts';
import { storeWith } from '../../support/storeFixture.ts';

const bundles = fileURLToPath(new URL('../../../src', import.meta.url));
const page = '/html/index.html' as LayerPath;

describe('Containers of the store, with threads beside', function () {
  this.timeout(120_000);
  let engine: Engine;

  before(async () => {
    const storeDirectory = (await storeWith(lessonImage)).places.directory;
    engine = createEngine({ log: silentLogger, storeDirectory, bundles });
  });

  after(() => engine[Symbol.asyncDispose]());

  it('are committed by a thread, which gives the bytes that this one gives, and says how far it is', async () => {
    const { id, files } = await opened();
    await files.change((upper) => {
      // Bytes of the image, in whole and in part, of a layer that is packed.
      upper.rename('/html' as LayerPath, '/moved' as LayerPath);
      upper.truncate('/moved/index.html' as LayerPath, 3);
    });
    await files.writeFile('/noise' as LayerPath, new Random(1).bytes(1_000_000));
    const reports: number[] = [];
    let total: number | undefined;
    const beside = await engine.containers.commit(
      id,
      { name: 'beside:1' },
      {
        onProgress: (report) => {
          reports.push(report.done);
          total = report.total;
        },
      },
    );
    assert.ok(reports.length > 1 && reports.at(-1) === total, `${reports.join()} of ${total ?? ''}`);
    const alone = createEngine({ log: silentLogger, storeDirectory: engine.store.directory });
    const { layer } = await alone.containers.commit(id, { name: 'alone:1' });
    await alone[Symbol.asyncDispose]();
    assert.deepEqual(beside.layer, layer);
    assert.deepEqual(await engine.store.verify(), []);
    const again = await engine.containers.open(
      (await engine.containers.create({ manifest: beside.manifest.digest })).id,
    );
    const texts = ['/moved/index.html', '/moved/50x.html'].map((name) =>
      again.readFile(name as LayerPath, 99),
    );
    assert.deepEqual(
      (await Promise.all(texts)).map((bytes) => Buffer.from(bytes).toString()),
      ['Hel', 'An error.'],
    );
  });

  it('leave nothing behind when a commit is cancelled', async () => {
    const { id, files } = await opened();
    await files.writeFile('/noise' as LayerPath, new Random(2).bytes(20_000_000));
    const abort = new AbortController();
    const commit = engine.containers.commit(
      id,
      { name: 'never:1' },
      {
        signal: abort.signal,
        onProgress: () => {
          abort.abort();
        },
      },
    );
    await assert.rejects(commit, (error) => isEngineError(error, 'cancelled'));
    const names = (await (await engine.store.source()).list()).flatMap((entry) => entry.names);
    assert.ok(!names.includes('docker.io/library/never:1'));
    await until(() => readdirSync(path.join(engine.store.directory, 'tmp')).length === 0);
  });

  it('tell of images that are made', async () => {
    const { id, files } = await opened();
    await files.writeFile(page, Buffer.from('x'));
    let told = 0;
    const listening = engine.store.onDidChange(() => told++);
    await engine.containers.commit(id, { name: 'told:1' });
    listening.dispose();
    assert.equal(told, 1);
  });

  it('are opened once for all who ask, and not any more when they are gone', async () => {
    const { id, files } = await opened();
    assert.equal(await engine.containers.open(id), files);
    const { id: other } = await engine.containers.create({ manifest: lessonImage.manifestDigest });
    const cancelled = engine.containers.open(other, { signal: AbortSignal.abort() });
    const both = [engine.containers.open(other), engine.containers.open(other)];
    await assert.rejects(cancelled, (error) => isEngineError(error, 'cancelled'));
    assert.equal(await both[0], await both[1]);
    assert.equal((await engine.containers.rename(id, 'renamed')).name, 'renamed');
    assert.equal(files.config.name, 'renamed');
    await engine.containers.remove(id);
    await assert.rejects(engine.containers.open(id), (error) => isEngineError(error, 'not-found'));
    await assert.rejects(files.lookup(page), (error) => isEngineError(error, 'not-found'));
  });

  async function opened(): Promise<{
    readonly id: string;
    readonly files: Awaited<ReturnType<Engine['containers']['open']>>;
  }> {
    const { id } = await engine.containers.create({ manifest: lessonImage.manifestDigest });
    return { id, files: await engine.containers.open(id) };
  }
});

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo();) {
    assert.ok(Date.now() < end, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
