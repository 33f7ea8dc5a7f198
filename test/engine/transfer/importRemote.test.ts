import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { bringHere } from '../../../src/engine/archive/remoteBlob.ts';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import { type DiskStore } from '../../../src/engine/store/diskStore.ts';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { importImage } from '../../../src/engine/transfer/importImage.ts';
import type { ImportOptions, TransferResult } from '../../../src/engine/transfer/transferReport.ts';
import { buildImage } from '../../support/buildImage.ts';
import { type ContentRegistry, readerOf, startContentRegistry } from '../../support/contentRegistry.ts';
import { blobFile } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';

const layers = Array.from({ length: 6 }, (_, at) => ({ [`file${at}`]: `content ${at}` }));
const app = buildImage(layers, { names: ['docker.io/library/app:1'], compression: 'gzip' });
const platforms = ['amd64', 'arm64'].map((architecture) => buildImage([{ architecture }], { architecture }));
const index = { names: ['docker.io/library/app:2'], platforms } as const;

describe('importing from a registry', () => {
  let registry: ContentRegistry;
  let folder: string;
  let store: DiskStore;
  beforeEach(async () => {
    registry = await startContentRegistry([app, index]);
    folder = tempDir().path;
    store = await openDiskStore(path.join(folder, 'store'));
  });
  afterEach(() => registry.stop());

  it('stores what it named, whole, and says from where', async () => {
    const { target, name, movedBytes, totalBytes } = await pull('app:1');
    assert.equal(target.digest, app.manifestDigest);
    assert.equal(name, `${registry.host}/app:1`);
    assert.ok(movedBytes > 0 && movedBytes <= totalBytes);
    assert.deepEqual(await verifyStore(store), []);
    const [entry] = (await store.refs.read()).entries;
    const annotations = entry?.['annotations'] as Record<string, string>;
    assert.equal(annotations[`containerd.io/distribution.source.${registry.host}`], 'app');
  });

  it('gives what was fetched a second name instead of copying it', async () => {
    await pull('app:1');
    for (const { digest } of app.layers)
      assert.equal(statSync(blobFile(store.places.directory, digest)).nlink, 2);
  });

  it('asks for nothing that the store has', async () => {
    await pull('app:1');
    rmSync(path.join(folder, 'fetched'), { recursive: true });
    registry.asked.length = 0;
    const { blobs, movedBytes } = await pull('app:1');
    assert.deepEqual(new Set(blobs.map(({ state }) => state.kind)), new Set(['already-here']));
    assert.equal(movedBytes, 0);
    // The config is read to see the image's platform; no layer is asked for.
    assert.deepEqual(registry.asked, ['HEAD manifest', 'GET manifest', 'GET blob']);
  });

  it('says that a layer was here which a look into the image had brought', async () => {
    const source = await readerOf(registry.host, path.join(folder, 'fetched')).open('app:1');
    const looked = app.layers.slice(0, 2).map(({ digest }) => digest);
    for (const digest of looked) await bringHere((await source.locate(digest))!);
    const { blobs, movedBytes, totalBytes } = await pull('app:1');
    const here = blobs.filter(({ state }) => state.kind === 'already-here');
    assert.deepEqual(
      here.map(({ descriptor }) => descriptor.digest),
      looked,
    );
    assert.equal(movedBytes, totalBytes - here.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
  });

  it('fetches three at once, and no more', async () => {
    let [now, most] = [0, 0];
    registry.hinder = ({ method }, blob, response) => {
      if (method !== 'GET' || !app.layers.some(({ digest }) => blob && blobIs(blob, digest)))
        return undefined;
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.writeHead(200, { 'Content-Length': blob!.length }).end(blob);
        // Long enough for the others to come on a busy machine.
      }, 200);
      return 'handled';
    };
    await pull('app:1');
    assert.equal(most, 3);
  });

  it('ends everything when one blob fails, and names nothing', async () => {
    const { digest, blob } = app.layers[2]!;
    registry.hinder = ({ url }) =>
      url.endsWith(digest) ? { body: Buffer.alloc(blob.length, 'x') } : undefined;
    const states = new Map<string, string>();
    const onBlob: ImportOptions['onBlob'] = ({ descriptor, state }) =>
      states.set(descriptor.digest, state.kind);
    await assert.rejects(pull('app:1', { onBlob }), isFailure('digest-mismatch'));
    assert.equal(states.get(digest), 'failed');
    assert.deepEqual((await store.refs.read()).entries, []);
    registry.hinder = undefined;
    await pull('app:1');
    assert.deepEqual(await verifyStore(store), []);
  });

  it('can be cancelled', async () => {
    const stop = new AbortController();
    registry.hinder = ({ url, method }) => {
      if (method === 'GET' && url.endsWith(app.layers[5]!.digest)) stop.abort();
      return undefined;
    };
    await assert.rejects(pull('app:1', { signal: stop.signal }), isFailure('cancelled'));
    assert.deepEqual((await store.refs.read()).entries, []);
  });

  it('takes one platform of an index, or all of it', async () => {
    const source = await readerOf(registry.host, path.join(folder, 'fetched')).open('app:2');
    const [entry] = await source.list();
    const variant = entry!.variants[1]!;
    const one = await importImage(store, source, entry!, 'docker.io/library/one:1', { variant });
    assert.equal(one.target.digest, platforms[1]!.manifestDigest);
    const all = await importImage(store, source, entry!, undefined);
    assert.equal(all.target.digest, entry!.target?.digest);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('leaves out what the registry lacks of an index', async () => {
    const { manifestDigest } = platforms[1]!;
    registry.hinder = ({ url }) => (url.endsWith(manifestDigest) ? { status: 404 } : undefined);
    const { blobs } = await pull('app:2');
    assert.ok(!blobs.some(({ descriptor }) => descriptor.digest === manifestDigest));
    assert.deepEqual(await verifyStore(store), []);
  });

  async function pull(reference: string, options?: ImportOptions): Promise<TransferResult> {
    const source = await readerOf(registry.host, path.join(folder, 'fetched')).open(reference);
    const [entry] = await source.list();
    return importImage(store, source, entry!, undefined, options);
  }
});

function blobIs(blob: Uint8Array, digest: string): boolean {
  return app.layers.some((layer) => layer.digest === digest && layer.blob.equals(blob));
}

function isFailure(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}
