import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { ByteName, LayerPath } from '../../../src/engine/base/layerPath.ts';
import { type Digest, digestOf } from '../../../src/engine/oci/digest.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import type { Container } from '../../../src/engine/snapshots/container.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import { collectGarbage } from '../../../src/engine/store/collectGarbage.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { buildImage } from '../../support/buildImage.ts';
import { baseOf, lessonImage } from '../../support/containerFixture.ts';
import { blobFile, storeWith, tagsOf } from '../../support/storeFixture.ts';
import { contentOf, indexTar } from '../../support/unionOf.ts';

const created = '2026-02-03T04:05:06Z';

describe('Committing a container', () => {
  let store: DiskStore;
  let snapshotter: Snapshotter;
  let container: Container;

  beforeEach(async () => {
    store = await storeWith(lessonImage);
    snapshotter = new Snapshotter(store);
    const config = await snapshotter.create({ manifest: lessonImage.manifestDigest });
    container = await snapshotter.open(config, baseOf(lessonImage));
  });

  it('adds one layer to those of the image, whose blobs stay as they are', async () => {
    const before = blobsOf(store);
    await container.writeFile('/html/index.html' as LayerPath, Buffer.from('Hello, world!'));
    await container.change((upper) => {
      upper.unlink('/html/50x.html' as LayerPath);
    });
    const { manifest, layer } = await snapshotter.commit(container, { name: 'edited', created });
    assert.equal(
      (await tagsOf(store.places.directory)).get('docker.io/library/edited:latest'),
      manifest.digest,
    );
    const { config, layers } = json(store, manifest.digest);
    assert.deepEqual(
      layers.map(({ digest }) => digest),
      [...lessonImage.layers.map(({ digest }) => digest), layer!.digest],
    );
    const { rootfs, history } = json(store, config.digest);
    assert.deepEqual(rootfs.diff_ids.at(-1), layer!.diffId);
    assert.deepEqual(history.at(-1), { created, created_by: 'nginx -g daemon off;' });
    assert.deepEqual(await verifyStore(store), []);
    for (const [name, bytes] of before) assert.deepEqual(blobsOf(store).get(name), bytes, name);

    const tar = gunzipSync(readFileSync(blobFile(store.places.directory, layer!.digest)));
    assert.equal(digestOf(tar), layer!.diffId);
    const tars = [...lessonImage.layers.map((each) => each.tar), tar];
    const view = createUnionView(tars.map((each) => indexTar(each)));
    const page = view.lookup('/html/index.html' as LayerPath)!;
    assert.equal(contentOf(view, tars, page).toString(), 'Hello, world!');
    assert.deepEqual([page.mode, page.uid, page.layer], [0o600, 33, 2]);
    assert.equal(view.lookup('/html/50x.html' as LayerPath), undefined);
    assert.deepEqual(readdirSync(store.places.temporary), []);
  });

  it('writes folders before what is in them, in each first what is removed, by the bytes of their names', async () => {
    await container.change((upper) => {
      upper.removeAll('/html' as LayerPath);
      upper.mkdir('/html' as LayerPath, { mode: 0o700 });
      upper.writeFile('/html/b' as LayerPath, []);
      upper.link('/html/b' as LayerPath, '/html/a' as LayerPath);
      upper.symlink('/html/\xff' as LayerPath, '../x' as ByteName);
      upper.unlink('/etc/nginx.conf' as LayerPath);
      upper.writeFile(`/${'long'.repeat(40)}` as LayerPath, []);
    });
    const { layer } = await snapshotter.commit(container, {});
    const tar = gunzipSync(readFileSync(blobFile(store.places.directory, layer!.digest)));
    assert.deepEqual(entriesOf(tar), [
      '5 etc/',
      '0 etc/.wh.nginx.conf',
      '5 html/',
      '0 html/.wh..wh..opq',
      '0 html/a',
      '1 html/b html/a',
      '2 html/\xff ../x',
      `x PaxHeaders/entry`,
      `0 ${'long'.repeat(25)}`,
    ]);
  });

  it('makes no layer where nothing changed, and says so', async () => {
    const { manifest, layer } = await snapshotter.commit(container, {
      author: 'me',
      message: 'nothing',
      created,
    });
    assert.equal(layer, undefined);
    const { config, layers } = json(store, manifest.digest);
    assert.equal(layers.length, 2);
    const { history, author, rootfs } = json(store, config.digest);
    assert.deepEqual(history.at(-1), {
      created,
      created_by: 'nginx -g daemon off;',
      author: 'me',
      comment: 'nothing',
      empty_layer: true,
    });
    assert.deepEqual([author, rootfs.diff_ids.length], ['me', 2]);
  });

  it('changes the config', async () => {
    const { config } = await snapshotter.commit(container, {
      changes: ['CMD ["sh"]', 'ENV A=2'],
      createdBy: 'x',
    });
    assert.deepEqual(json(store, config).config, { Cmd: ['sh'], Env: ['PATH=/bin', 'A=2'] });
    await assert.rejects(snapshotter.commit(container, { changes: ['RUN rm -rf /'] }), (error) =>
      isEngineError(error, 'invalid-config'),
    );
  });

  it('gives an image that containers can be made of, and that stays when the container goes', async () => {
    await container.writeFile('/new' as LayerPath, Buffer.from('1'));
    const { manifest } = await snapshotter.commit(container, { name: 'edited' });
    await snapshotter.remove(container.config.id);
    await collectGarbage(store, { isDryRun: false, graceMs: -1 });
    const { image } = await snapshotter.create({ manifest: manifest.digest });
    assert.equal(image.diffIds.length, 3);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('keeps the kind of the manifest', async () => {
    const docker = buildImage([{ a: '1' }], { names: ['docker.io/library/d:1'], format: 'docker' });
    store = await storeWith(docker);
    snapshotter = new Snapshotter(store);
    container = await snapshotter.open(
      await snapshotter.create({ manifest: docker.manifestDigest }),
      baseOf(docker),
    );
    await container.writeFile('/b' as LayerPath, Buffer.from('2'));
    const { manifest } = await snapshotter.commit(container, {});
    const { mediaType, config, layers } = json(store, manifest.digest);
    assert.deepEqual(
      [mediaType, config.mediaType, layers[1]!.mediaType],
      [
        'application/vnd.docker.distribution.manifest.v2+json',
        'application/vnd.docker.container.image.v1+json',
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
      ],
    );
  });
});

interface Reference {
  readonly digest: Digest;
  readonly mediaType: string;
}

/** The members of manifests and configs that are looked at here. */
interface StoredDocument {
  readonly mediaType: string;
  /** Of a manifest; of a config it holds what runs. */
  readonly config: Reference;
  readonly layers: readonly Reference[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly unknown[];
  readonly author?: string;
}

function json(store: DiskStore, digest: Digest): StoredDocument {
  return JSON.parse(readFileSync(blobFile(store.places.directory, digest), 'utf8')) as StoredDocument;
}

function blobsOf(store: DiskStore): ReadonlyMap<string, Buffer> {
  const folder = path.join(store.places.blobs, 'sha256');
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name))]));
}

/** Type, name and link of each header, in order. */
function entriesOf(tar: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; tar[at] !== 0;) {
    const text = (from: number, length: number): string =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    found.push([text(156, 1), text(0, 100), text(157, 100)].filter((part) => part !== '').join(' '));
    at += 512 + Math.ceil(parseInt(text(124, 12), 8) / 512) * 512;
  }
  return found;
}
