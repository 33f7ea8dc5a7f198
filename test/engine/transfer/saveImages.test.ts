import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bringHere } from '../../../src/engine/archive/remoteBlob.ts';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import { openSource } from '../../../src/engine/sources/index.ts';
import { copyBlobOn } from '../../../src/engine/store/copyBlob.ts';
import { nodeDisk } from '../../../src/engine/store/nodeDisk.ts';
import { saveImages } from '../../../src/engine/transfer/saveImages.ts';
import type { SaveRequest } from '../../../src/engine/transfer/saveRequest.ts';
import { type BuiltImage, buildImage } from '../../support/buildImage.ts';
import { FaultyDisk } from '../../support/faultyDisk.ts';
import { readTar } from '../../support/readTar.ts';
import { sourceOf } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import type { LayoutEntry } from '../../support/writeOciLayout.ts';

const copyBlob = copyBlobOn(nodeDisk);
const app = buildImage([{ base: 'shared' }, { 'etc/motd': 'hello' }], {
  names: ['docker.io/library/app:1', 'quay.io/team/app:v1'],
  compression: 'gzip',
});
const other = buildImage([{ base: 'shared' }, { x: 'y' }], {
  names: ['docker.io/library/other:1'],
  compression: 'gzip',
});
const multi = {
  names: ['docker.io/library/multi:1'],
  platforms: [buildImage([{ a: 'amd64' }]), buildImage([{ a: 'arm64' }], { architecture: 'arm64' })],
  attestation: 'artifact',
} as const;

describe('saveImages', () => {
  for (const format of ['oci-archive', 'docker-archive'] as const) {
    it(`keeps every digest: ${format}`, async () => {
      const file = await save(format, [app, other, multi]);
      await using source = await openSource(file, { spoolDirectory: tempDir().path });
      const found = await source.list();
      assert.deepEqual(
        found.map(({ names }) => names),
        [app.names, other.names, multi.names],
      );
      assert.deepEqual(
        found.slice(0, 2).map(({ target }) => target?.digest),
        [app.manifestDigest, other.manifestDigest],
      );
      assert.equal(found[2]?.variants.length, 2);
      assert.equal(found[2].attachments.length, 2);
      for (const bytes of contentsOf(app))
        assert.deepEqual((await readTar(file)).get(blobName(bytes)), Buffer.from(bytes));
    });

    it(`gives the same bytes for the same images: ${format}`, async () => {
      const [one, two] = [await save(format, [app, multi]), await save(format, [app, multi])];
      assert.deepEqual(readFileSync(one), readFileSync(two));
    });

    it(`writes a shared blob once: ${format}`, async () => {
      const names = [...(await readTar(await save(format, [app, other]))).keys()];
      assert.equal(names.filter((name) => name.startsWith('blobs/sha256/')).length, 7);
      assert.equal(new Set(names).size, names.length);
    });
  }

  it('writes what docker save of today writes', async () => {
    const files = await readTar(await save('docker-archive', [app]));
    assert.deepEqual(
      [...files.keys()].filter((name) => !/[0-9a-f]{64}/.test(name)),
      ['index.json', 'manifest.json', 'oci-layout'],
    );
    assert.deepEqual(json(files, 'manifest.json'), [
      {
        Config: blobName(app.config),
        RepoTags: app.names,
        Layers: app.layers.map(({ blob }) => blobName(blob)),
      },
    ]);
    const { manifests } = json(files, 'index.json') as {
      readonly manifests: readonly { annotations: unknown }[];
    };
    assert.deepEqual(
      manifests.map(({ annotations }) => annotations),
      [
        { 'io.containerd.image.name': 'docker.io/library/app:1', 'org.opencontainers.image.ref.name': '1' },
        { 'io.containerd.image.name': 'quay.io/team/app:v1', 'org.opencontainers.image.ref.name': 'v1' },
      ],
    );
  });

  it('names images in full for tools that know only ref.name', async () => {
    const files = await readTar(await save('oci-archive', [other]));
    const { manifests } = json(files, 'index.json') as {
      readonly manifests: readonly { annotations: unknown }[];
    };
    assert.deepEqual(manifests[0]?.annotations, {
      'io.containerd.image.name': 'docker.io/library/other:1',
      'org.opencontainers.image.ref.name': 'docker.io/library/other:1',
    });
    assert.equal(files.has('manifest.json'), false);
  });

  it('saves one platform of several', async () => {
    const { source, entries } = await sourceOf(multi);
    const destination = tempDir().file('arm.tar');
    const variant = entries[0]!.variants[1]!;
    await saveImages(
      { images: [{ source, entry: entries[0]!, variant }], format: 'oci-archive', destination },
      copyBlob,
    );
    const files = await readTar(destination);
    const { manifests } = json(files, 'index.json') as {
      readonly manifests: readonly Record<string, unknown>[];
    };
    assert.deepEqual(manifests[0]?.['digest'], multi.platforms[1].manifestDigest);
    assert.deepEqual(manifests[0]['platform'], { architecture: 'arm64', os: 'linux' });
    assert.equal(files.size, 5);
  });

  it('gives images other names when told to, and none to an image without', async () => {
    const { source, entries } = await sourceOf(buildImage([{ a: 'b' }]));
    const destination = tempDir().file('a.tar');
    const images = [{ source, entry: entries[0]! }];
    await saveImages({ images, format: 'docker-archive', destination }, copyBlob);
    assert.equal(
      (json(await readTar(destination), 'manifest.json') as { RepoTags: unknown }[])[0]?.RepoTags,
      null,
    );
    const named = images.map((image) => ({ ...image, names: ['short'] }));
    await saveImages({ images: named, format: 'docker-archive', destination }, copyBlob);
    const [element] = json(await readTar(destination), 'manifest.json') as { RepoTags: unknown }[];
    assert.deepEqual(element?.RepoTags, ['docker.io/library/short:latest']);
  });

  it('saves an archive that has no manifests, with those docker would write', async () => {
    const image = buildImage([{ a: '1' }, { a: '1' }], {
      names: ['docker.io/library/bare:1'],
      format: 'docker',
    });
    const archive = writeDockerArchive(image, tempDir().file('bare.tar'), { shape: 'legacy' });
    await using source = await openSource(archive, { spoolDirectory: tempDir().path });
    const destination = tempDir().file('a.tar');
    const images = (await source.list()).map((entry) => ({ source, entry }));
    await saveImages({ images, format: 'docker-archive', destination }, copyBlob);
    const files = await readTar(destination);
    assert.deepEqual(files.get(blobName(image.manifest)), image.manifest);
    assert.equal((json(files, 'manifest.json') as { Layers: unknown[] }[])[0]?.Layers.length, 2);
  });

  it('gives manifests of Docker’s types OCI’s in an OCI archive: others do not see them', async () => {
    const docker = buildImage([{ a: '1' }], {
      names: ['docker.io/library/d:1'],
      format: 'docker',
      compression: 'gzip',
    });
    const oci = buildImage([{ a: '1' }], { format: 'oci', compression: 'gzip' });
    const files = await readTar(await save('oci-archive', [docker]));
    assert.deepEqual(files.get(blobName(oci.manifest)), oci.manifest);
    assert.equal(files.has(blobName(docker.manifest)), false);
    assert.ok(files.has(blobName(docker.config)));
    const list = {
      names: ['docker.io/library/l:1'],
      platforms: [docker, multi.platforms[1]],
      attestation: 'artifact',
    } as const;
    const file = await save('oci-archive', [list]);
    await using source = await openSource(file, { spoolDirectory: tempDir().path });
    const [entry] = await source.list();
    assert.deepEqual(entry?.problems, []);
    assert.equal(entry.target?.mediaType, mediaTypes.ociIndex);
    assert.deepEqual(
      entry.variants.map(({ manifest }) => manifest?.digest),
      [oci.manifestDigest, multi.platforms[1].manifestDigest],
    );
    assert.equal(entry.attachments[0]?.subject, oci.manifestDigest);
  });

  it('refuses one name for two images', async () => {
    const twin = buildImage([{ z: 'z' }], { names: ['docker.io/library/other:1'] });
    await assert.rejects(save('oci-archive', [other, twin]), withCode('ambiguous'));
  });

  it('leaves what was there when it fails or is stopped, and no half of an archive', async () => {
    const { source, entries } = await sourceOf(app);
    const directory = tempDir();
    const destination = directory.file('a.tar');
    writeFileSync(destination, 'before');
    const request: SaveRequest = {
      images: [{ source, entry: entries[0]! }],
      format: 'docker-archive',
      destination,
    };
    await assert.rejects(
      saveImages(request, copyBlob, { signal: AbortSignal.abort() }),
      withCode('cancelled'),
    );
    const calls = await callsOf(request, destination);
    for (let at = 1; at <= calls; at++) {
      const disk = new FaultyDisk({ at, kind: 'ENOSPC' });
      await saveImages(request, copyBlobOn(disk), {}, disk).catch((error: unknown) => {
        assert.ok(isEngineError(error), String(error));
        // Only when the archive is in its place can something be left to fail: making its name last.
        if (disk.calls[at - 1] !== 'syncDirectory') assert.equal(readFileSync(destination, 'utf8'), 'before');
      });
      assert.deepEqual(readdirSync(directory.path), ['a.tar']);
      writeFileSync(destination, 'before');
    }
  });

  it('is refused where the folder is missing', async () => {
    const { source, entries } = await sourceOf(app);
    const destination = path.join(tempDir().path, 'absent', 'a.tar');
    const images = [{ source, entry: entries[0]! }];
    await assert.rejects(
      saveImages({ images, format: 'oci-archive', destination }, copyBlob),
      withCode('not-found'),
    );
  });

  it('checks blobs on the way', async () => {
    const { source, entries } = await sourceOf(app);
    const { file } = await bringHere((await source.locate(app.layers[0]!.digest))!);
    const bytes = readFileSync(file);
    bytes[12] = (bytes[12] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const destination = tempDir().file('a.tar');
    const images = [{ source, entry: entries[0]! }];
    await assert.rejects(
      saveImages({ images, format: 'oci-archive', destination }, copyBlob),
      withCode('digest-mismatch'),
    );
    assert.equal(existsSync(destination), false);
  });

  it('makes a file for its owner only, and says how far it is', async () => {
    const { source, entries } = await sourceOf(app);
    const destination = tempDir().file('a.tar');
    const images = [{ source, entry: entries[0]! }];
    const seen: (readonly [number, number | undefined])[] = [];
    const onProgress = ({ done, total }: { readonly done: number; readonly total?: number }): void => {
      seen.push([done, total]);
    };
    await saveImages({ images, format: 'oci-archive', destination }, copyBlob, { onProgress });
    assert.equal(statSync(destination).mode & 0o777, 0o600);
    assert.equal(seen.at(-1)?.[0], seen.at(-1)?.[1]);
  });
});

async function save(format: SaveRequest['format'], images: readonly LayoutEntry[]): Promise<string> {
  const { source, entries } = await sourceOf(...images);
  const destination = tempDir().file('saved.tar');
  await saveImages({ images: entries.map((entry) => ({ source, entry })), format, destination }, copyBlob);
  return destination;
}

async function callsOf(request: SaveRequest, destination: string): Promise<number> {
  const disk = new FaultyDisk();
  await saveImages(request, copyBlobOn(disk), {}, disk);
  writeFileSync(destination, 'before');
  return disk.calls.length;
}

function contentsOf(image: BuiltImage): readonly Uint8Array[] {
  return [image.manifest, image.config, ...image.layers.map(({ blob }) => blob)];
}

function json(files: ReadonlyMap<string, Buffer>, name: string): unknown {
  return JSON.parse((files.get(name) ?? Buffer.from('null')).toString());
}

function blobName(bytes: Uint8Array): string {
  return `blobs/sha256/${digestOf(bytes).slice(7)}`;
}

function withCode(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}
