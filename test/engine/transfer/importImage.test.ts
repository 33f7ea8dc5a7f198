import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import { openSource } from '../../../src/engine/sources/index.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { openDiskStore } from '../../../src/engine/store/openDiskStore.ts';
import { verifyStore } from '../../../src/engine/store/verifyStore.ts';
import { importImage } from '../../../src/engine/transfer/importImage.ts';
import type { TransferResult } from '../../../src/engine/transfer/transferReport.ts';
import { type BuiltImage, buildImage } from '../../support/buildImage.ts';
import { sourceOf, storeWith, tagsOf } from '../../support/storeFixture.ts';
import { encodeTar, type TarEntrySpec } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';
import { type DockerArchiveShape, writeDockerArchive } from '../../support/writeDockerArchive.ts';
import {
  type LayoutEntry,
  type LayoutOptions,
  writeOciLayout,
  writeSkopeoDir,
} from '../../support/writeOciLayout.ts';

const names = ['docker.io/library/app:1'];
const plain = buildImage([{ 'etc/motd': 'hello' }, { 'etc/.wh.motd': '' }], { names });

describe('importImage', () => {
  it('keeps manifest, config and layers byte for byte', async () => {
    for (const compression of ['plain', 'gzip', 'zstd'] as const) {
      const image = buildImage([{ a: '1' }, { b: '2' }], { names, compression });
      const store = await storeWith(image);
      await requireStored(store, image);
      assert.equal((await tagsOf(store.places.directory)).get(names[0]!), image.manifestDigest);
    }
  });

  const bare: readonly DockerArchiveShape[] = ['legacy', 'podman', 'kaniko'];
  for (const shape of bare)
    it(`writes the manifest that docker writes for an archive without one: ${shape}`, async () => {
      // kaniko's layers are packed; the others' are not.
      const compression = shape === 'kaniko' ? 'gzip' : 'plain';
      const image = buildImage([{ 'etc/motd': 'hello' }, { x: 'y' }], {
        names,
        format: 'docker',
        compression,
      });
      const store = await emptyStore();
      const [stored] = await importAll(store, writeDockerArchive(image, tempDir().file('a.tar'), { shape }));
      const manifest = {
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: { mediaType: mediaTypes.dockerConfig, digest: image.imageId, size: image.config.length },
        layers: image.layers.map(({ mediaType, digest, blob }) => ({ mediaType, digest, size: blob.length })),
      };
      assert.equal(stored?.target.digest, digestOf(Buffer.from(JSON.stringify(manifest))));
      assert.equal(stored.target.mediaType, mediaTypes.dockerManifest);
      assert.deepEqual(await verifyStore(store), []);
    });

  for (const shape of ['modern', 'containerd'] as const)
    it(`takes the manifest an archive has: ${shape}`, async () => {
      const store = await emptyStore();
      const [stored] = await importAll(store, writeDockerArchive(plain, tempDir().file('a.tar'), { shape }));
      assert.deepEqual([stored?.target.digest, stored?.name], [plain.manifestDigest, names[0]]);
      await requireStored(store, plain);
    });

  it('stores once what an image has several times', async () => {
    const image = buildImage([{ a: '1' }, { a: '1' }, { a: '1' }], { names, format: 'docker' });
    const store = await emptyStore();
    await importAll(store, writeDockerArchive(image, tempDir().file('a.tar'), { shape: 'legacy' }));
    assert.equal((await store.blobs.list()).length, 3);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('reads skopeo’s directories, and other stores', async () => {
    const store = await emptyStore();
    await importAll(store, writeSkopeoDir(plain, tempDir().path), 'from-dir');
    await requireStored(store, plain);
    const other = await emptyStore();
    await importAll(other, store.places.directory);
    await requireStored(other, plain);
    assert.deepEqual(
      [...(await tagsOf(other.places.directory)).keys()],
      ['docker.io/library/from-dir:latest'],
    );
  });

  it('takes all platforms and attestations of an index, as they are', async () => {
    const multi = { names, platforms: [plain, arm()], attestation: 'artifact' } as const;
    const store = await storeWith(multi);
    await requireStored(store, plain);
    await requireStored(store, arm());
    assert.equal((await store.blobs.list()).length, 13);
    assert.deepEqual(await verifyStore(store), []);
  });

  it('leaves out the platforms that an archive of one platform lacks', async () => {
    const multi = { names, platforms: [plain, arm()], attestation: 'artifact' } as const;
    for (const missing of [blobOf(arm().manifest), blobOf(arm().layers[0]!.blob), blobOf(arm().config)]) {
      const store = await emptyStore();
      await importAll(store, layout(multi, { without: [missing] }));
      await requireStored(store, plain);
      assert.equal(await store.blobs.find(arm().manifestDigest), undefined);
      assert.deepEqual(await verifyStore(store), []);
    }
  });

  it('names the blob that is missing, and stores no name', async () => {
    for (const bytes of [plain.manifest, plain.config, plain.layers[1]!.blob]) {
      const store = await emptyStore();
      await assert.rejects(importAll(store, layout(plain, { without: [blobOf(bytes)] }), 'x'), (error) => {
        assert.ok(isEngineError(error, 'not-found'));
        return error.subject === digestOf(bytes);
      });
      assert.deepEqual([...(await tagsOf(store.places.directory))], []);
    }
  });

  it('does without foreign layers, and takes them where they are', async () => {
    const foreign = withForeignLayer();
    const store = await emptyStore();
    await importAll(store, writeFiles(foreign.files.filter(({ name }) => name !== foreign.layer)));
    assert.equal((await store.blobs.list()).length, 2);
    assert.deepEqual(await verifyStore(store), []);
    const whole = await emptyStore();
    await importAll(whole, writeFiles(foreign.files));
    assert.equal((await whole.blobs.list()).length, 3);
  });

  const damages: readonly (readonly [string, (image: BuiltImage) => Buffer, FailureCode])[] = [
    ['layer', (image) => image.layers[0]!.blob, 'digest-mismatch'],
    ['config', (image) => image.config, 'digest-mismatch'],
    ['manifest', (image) => image.manifest, 'digest-mismatch'],
  ];
  for (const [what, bytesOf, code] of damages)
    it(`refuses a damaged ${what}, and leaves nothing half done`, async () => {
      const file = tempDir().file('a.tar');
      const change = (entries: readonly TarEntrySpec[]): readonly TarEntrySpec[] =>
        entries.map((entry) => (entry.name === blobOf(bytesOf(plain)) ? turned(entry) : entry));
      const store = await emptyStore();
      const archive = writeDockerArchive(plain, file, { shape: 'containerd', change });
      await assert.rejects(importAll(store, archive), withCode(code));
      assert.deepEqual([...(await tagsOf(store.places.directory))], []);
      assert.deepEqual(readdirSync(store.places.temporary), []);
      assert.deepEqual(readdirSync(store.places.leases), []);
    });

  it('refuses layers that are not those the config names, where their names are all there is', async () => {
    const lying = buildImage([{ a: '1' }], {
      names,
      config: { rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.from('other'))] } },
    });
    const archive = writeDockerArchive(lying, tempDir().file('a.tar'), { shape: 'legacy' });
    await assert.rejects(importAll(await emptyStore(), archive), withCode('digest-mismatch'));
  });

  it('completes names, and takes a tag without a repository for no name', async () => {
    const store = await emptyStore();
    await importAll(store, layout(plain), 'registry.example:5000/team/app');
    await importAll(store, layout(arm(), { names: 'skopeo' }));
    const tags = await tagsOf(store.places.directory);
    assert.deepEqual([...tags.keys()], ['registry.example:5000/team/app:latest', '']);
  });

  it('refuses what is no name before it copies anything', async () => {
    const store = await emptyStore();
    await assert.rejects(importAll(store, layout(plain), 'Not A Name'), withCode('invalid-reference'));
    assert.deepEqual(await store.blobs.list(), []);
  });

  it('keeps the image whose name another takes', async () => {
    const store = await storeWith(plain);
    await importAll(store, layout(arm()), names[0]);
    const tags = await tagsOf(store.places.directory);
    assert.deepEqual(
      [...tags].sort(),
      [
        ['', plain.manifestDigest],
        [names[0], arm().manifestDigest],
      ].sort(),
    );
  });

  it('says how far it is, and never backwards', async () => {
    const { source, entries } = await sourceOf(plain);
    const seen: number[] = [];
    let total = 0;
    await importImage(await emptyStore(), source, entries[0]!, undefined, {
      onProgress: (report) => {
        seen.push(report.done);
        total = report.total ?? 0;
      },
    });
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.equal(seen.at(-1), total);
  });

  it('stops when told to, and lets go of everything', async () => {
    const { source, entries } = await sourceOf(plain);
    const store = await emptyStore();
    const stop = new AbortController();
    const importing = importImage(store, source, entries[0]!, undefined, {
      signal: stop.signal,
      onProgress: () => {
        stop.abort();
      },
    });
    await assert.rejects(importing, withCode('cancelled'));
    assert.deepEqual(readdirSync(store.places.leases), []);
    assert.deepEqual([...(await tagsOf(store.places.directory))], []);
  });

  it('does not follow indexes without end, or the same one many times over', async () => {
    const leaf = {
      mediaType: mediaTypes.ociManifest,
      digest: plain.manifestDigest,
      size: plain.manifest.length,
    };
    let child: object = leaf;
    const files: TarEntrySpec[] = [];
    for (let depth = 0; depth < 30; depth++) {
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: Array(4).fill(child) }));
      files.push({ name: blobOf(bytes), content: bytes });
      child = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.length };
    }
    const index = JSON.stringify({ schemaVersion: 2, manifests: [child] });
    const archive = writeFiles([...files, { name: 'index.json', content: index }, marker]);
    await assert.rejects(importAll(await emptyStore(), archive), withCode('limit-exceeded'));
  });

  it('refuses a document that is an index and a manifest at once', async () => {
    const bytes = Buffer.from(JSON.stringify({ manifests: [], layers: [], config: {} }));
    const target = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.length };
    const archive = writeFiles([
      { name: blobOf(bytes), content: bytes },
      { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [target] }) },
      marker,
    ]);
    await assert.rejects(importAll(await emptyStore(), archive), withCode('invalid-manifest'));
  });
});

const marker: TarEntrySpec = { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' };

function arm(): BuiltImage {
  return buildImage([{ 'etc/motd': 'arm64' }], { architecture: 'arm64' });
}

async function emptyStore(): Promise<DiskStore> {
  return openDiskStore(path.join(tempDir().path, 'store'));
}

async function importAll(
  store: DiskStore,
  location: string,
  name?: string,
): Promise<readonly TransferResult[]> {
  await using source = await openSource(location, { spoolDirectory: tempDir().path });
  const stored: TransferResult[] = [];
  for (const entry of await source.list()) stored.push(await importImage(store, source, entry, name));
  return stored;
}

async function requireStored(store: DiskStore, image: BuiltImage): Promise<void> {
  for (const bytes of [image.manifest, image.config, ...image.layers.map(({ blob }) => blob)])
    assert.deepEqual(Buffer.from(await store.blobs.read(digestOf(bytes), bytes.length)), bytes);
}

function layout(entry: LayoutEntry, options?: LayoutOptions): string {
  return writeOciLayout(entry, tempDir().path, options);
}

function blobOf(bytes: Uint8Array): string {
  return `blobs/sha256/${digestOf(bytes).slice(7)}`;
}

function turned(entry: TarEntrySpec): TarEntrySpec {
  const content = Buffer.from(entry.content ?? '');
  content[5] = (content[5] ?? 0) ^ 1;
  return { ...entry, content };
}

function writeFiles(files: readonly TarEntrySpec[]): string {
  const file = tempDir().file('layout.tar');
  writeFileSync(file, encodeTar(files));
  return file;
}

function withForeignLayer(): { readonly files: readonly TarEntrySpec[]; readonly layer: string } {
  const [layer] = plain.layers;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: plain.imageId, size: plain.config.length },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
          digest: layer!.digest,
          size: layer!.blob.length,
          urls: ['https://layers.example/windows'],
        },
      ],
    }),
  );
  const target = { mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), size: manifest.length };
  const contents = [manifest, plain.config, layer!.blob].map((content) => ({
    name: blobOf(content),
    content,
  }));
  const index = JSON.stringify({ schemaVersion: 2, manifests: [target] });
  return { files: [...contents, { name: 'index.json', content: index }, marker], layer: blobOf(layer!.blob) };
}

function withCode(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}
