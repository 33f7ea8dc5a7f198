import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { DiffId } from '../../../src/engine/oci/digest.ts';
import { indexLayer } from '../../../src/engine/layers/indexLayer.ts';
import { type BuildLayerIndex, LayerIndexes } from '../../../src/engine/layers/layerIndexes.ts';
import { buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';

describe('LayerIndexes', () => {
  const tar = buildImage([{ 'etc/motd': 'hello', 'etc/.wh.issue': '' }]).layers[0]!.tar;
  const other = buildImage([{ 'etc/motd': 'HELLO', 'etc/.wh.issue': '' }]).layers[0]!.tar;
  afterEach(() => {
    for (const folder of opened.splice(0)) folder[Symbol.dispose]();
  });

  const claim = `sha256:${'a'.repeat(64)}` as DiffId;

  it('builds once for callers at the same time, and never again', async () => {
    const { indexes, blob, builds } = await setUp(tar);
    const key = await indexes.keyOf(claim, blob);
    const [first, second] = await Promise.all([indexes.get(key, blob), indexes.get(key, blob)]);
    assert.equal(first, second);
    await indexes.get(key, blob);
    assert.equal(builds.length, 1);
  });

  it('finds on disk what another process has built', async () => {
    const { indexes, blob, directory } = await setUp(tar);
    const key = await indexes.keyOf(claim, blob);
    const built = await indexes.get(key, blob);
    const again = new LayerIndexes({ directory, log: silentLogger, build: refuse });
    assert.equal(await again.keyOf(claim, blob), key);
    assert.equal((await again.get(key, blob)).nodeCount, built.nodeCount);
  });

  it('builds anew what is damaged on disk', async () => {
    const { indexes, blob, directory, builds } = await setUp(tar);
    const key = await indexes.keyOf(claim, blob);
    await indexes.get(key, blob);
    await writeFile(indexes.fileOf(key), 'not an index');
    const again = new LayerIndexes({ directory, log: silentLogger, build: recording(builds) });
    assert.equal((await again.get(key, blob)).isComplete, true);
    assert.equal(builds.length, 2);
  });

  it('tells layers apart that claim the same diffID', async () => {
    const { indexes, blob } = await setUp(tar);
    const { blob: false_ } = await setUp(other);
    assert.notEqual(await indexes.keyOf(claim, blob), await indexes.keyOf(claim, false_));
  });

  it('gives work up when the last who wanted it has cancelled, and starts again for the next', async () => {
    const signals: AbortSignal[] = [];
    const { indexes, blob } = await setUp(tar, (location, destination, options) => {
      if (options.signal !== undefined) signals.push(options.signal);
      return signals.length > 1 ? indexLayer(location, destination, options) : untilAborted(options.signal);
    });
    const key = await indexes.keyOf(claim, blob);
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(({ signal }) => indexes.get(key, blob, { signal }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    one.abort();
    await assert.rejects(waiting[0]!, (error) => isEngineError(error, 'cancelled'));
    assert.equal(signals[0]?.aborted, false);
    two.abort();
    await assert.rejects(waiting[1]!, (error) => isEngineError(error, 'cancelled'));
    assert.equal(signals[0].aborted, true);
    assert.equal((await indexes.get(key, blob)).isComplete, true);
  });

  it('clears indexes and what crashes left, and keeps its secret', async () => {
    const { indexes, blob, directory } = await setUp(tar);
    const key = await indexes.keyOf(claim, blob);
    await indexes.get(key, blob);
    await writeFile(`${indexes.fileOf(key)}-1.preview`, '');
    await indexes.clear();
    assert.deepEqual(await readdir(directory), ['secret']);
    assert.equal(await indexes.keyOf(claim, blob), key);
  });

  it('drops the longest unused when they take too much room', async () => {
    const { indexes, blob, directory } = await setUp(tar);
    const key = await indexes.keyOf(claim, blob);
    await indexes.get(key, blob);
    const small = new LayerIndexes({ directory, log: silentLogger, build: indexLayer, maxBytesOnDisk: 1 });
    const { blob: next } = await setUp(other);
    const nextKey = await small.keyOf(claim, next);
    await small.get(nextKey, next);
    await waitUntil(async () => (await readdir(directory)).length === 1);
  });
});

type Builds = string[];

const opened: Disposable[] = [];

async function setUp(tar: Buffer, build?: BuildLayerIndex) {
  const folder = tempDir();
  opened.push(folder);
  const file = path.join(folder.path, 'layer.tar');
  await writeFile(file, tar);
  const builds: Builds = [];
  const directory = path.join(folder.path, 'indexes');
  const indexes = new LayerIndexes({ directory, log: silentLogger, build: build ?? recording(builds) });
  return { indexes, directory, builds, blob: { file, offset: 0, size: (await stat(file)).size } };
}

function recording(builds: Builds): BuildLayerIndex {
  return (blob, destination, options) => {
    builds.push(destination);
    return indexLayer(blob, destination, options);
  };
}

function refuse(): Promise<void> {
  return Promise.reject(new Error('nothing is to be built'));
}

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });
}

async function waitUntil(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
