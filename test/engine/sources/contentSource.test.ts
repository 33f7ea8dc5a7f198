import assert from 'node:assert/strict';
import { readFileSync, writeFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type Digest, digestOf, hexOf } from '../../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import { formatPlatform } from '../../../src/engine/oci/platform.ts';
import { buildImage } from '../../support/buildImage.ts';
import { codesOf, open, openImages } from '../../support/openImages.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { writeOciArchive, writeOciLayout } from '../../support/writeOciLayout.ts';

const folder = tempDir();
let count = 0;
const fresh = (): string => folder.file(`${count++}`);

const amd64 = buildImage([{ a: '1' }, { b: '2' }], { compression: 'gzip' });
const arm64 = buildImage([{ a: '1' }], { architecture: 'arm64', compression: 'gzip' });
const names = ['docker.io/library/it:1', 'example.com/it:2'];

const blobFile = (layout: string, digest: Digest | string): string =>
  path.join(layout, 'blobs/sha256', hexOf(digest as Digest));

/** A blob in a layout; its descriptor. */
function put(layout: string, document: unknown, mediaType: string): object {
  const bytes = Buffer.from(JSON.stringify(document));
  writeFileSync(blobFile(layout, digestOf(bytes)), bytes);
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function writeIndex(layout: string, manifests: readonly unknown[]): string {
  writeFileSync(path.join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  return layout;
}

describe('an index of several platforms', () => {
  for (const attestation of ['artifact', 'legacy'] as const)
    it(`offers its platforms and sets ${attestation} attestations aside`, async () => {
      const platforms = { names, platforms: [amd64, arm64], attestation };
      const { entries, images } = await openImages(writeOciArchive(platforms, fresh()));
      assert.equal(entries.length, 1);
      assert.deepEqual(entries[0]!.names, names);
      assert.equal(entries[0]!.target!.mediaType, mediaTypes.ociIndex);
      assert.deepEqual(
        entries[0]!.variants.map(({ platform }) => formatPlatform(platform!)),
        ['linux/amd64', 'linux/arm64'],
      );
      assert.deepEqual(
        entries[0]!.attachments.map(({ kind, subject }) => [kind, subject]),
        [amd64, arm64].map(({ manifestDigest }) => ['attestation', manifestDigest]),
      );
      assert.deepEqual(
        images.map(({ imageId, core }) => [imageId, core.attachments.length, core.problems]),
        [amd64, arm64].map(({ imageId }) => [imageId, 1, []]),
      );
      assert.notEqual(images[0]!.id, images[1]!.id);
    });

  it('shows a platform whose manifest is absent as not available', async () => {
    const layout = writeOciLayout({ names, platforms: [amd64, arm64] }, fresh());
    rmSync(blobFile(layout, arm64.manifestDigest));
    const { entries, images } = await openImages(layout);
    assert.deepEqual(
      entries[0]!.variants.map(({ isAvailable }) => isAvailable),
      [true, false],
    );
    assert.deepEqual(entries[0]!.problems, []);
    assert.equal(images.length, 1);
    await using source = await open(layout);
    const [entry] = await source.list();
    await assert.rejects(source.resolve(entry!, entry!.variants[1]!), (error) =>
      isEngineError(error, 'not-found'),
    );
  });

  it('follows nested indexes four deep, each once', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const image = {
      mediaType: mediaTypes.ociManifest,
      digest: amd64.manifestDigest,
      size: amd64.manifest.length,
    };
    let inner: object = image;
    for (let depth = 0; depth < 4; depth++)
      inner = put(layout, { manifests: [inner, inner, image] }, mediaTypes.ociIndex);
    const four = await openImages(writeIndex(layout, [inner]));
    assert.deepEqual(codesOf(four.entries[0]!.problems), []);
    assert.equal(four.images.length, 1);
    const five = await openImages(
      writeIndex(layout, [put(layout, { manifests: [inner] }, mediaTypes.ociIndex)]),
    );
    assert.deepEqual(codesOf(five.entries[0]!.problems), ['limit-exceeded']);
  });

  it('ends where an index holds itself or ten thousand others', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const absent = Array.from({ length: 9_000 }, (_, at) => ({
      mediaType: mediaTypes.ociManifest,
      digest: `sha256:${at.toString(16).padStart(64, '0')}`,
      size: 1,
    }));
    const wide = [0, 1].map((at) => put(layout, { at, manifests: absent }, mediaTypes.ociIndex));
    const { entries } = await openImages(writeIndex(layout, wide));
    assert.equal(entries[0]!.variants.length, 9_000);
    assert.ok(entries[1]!.variants.length < 1_000);
    assert.deepEqual(codesOf(entries[1]!.problems), ['limit-exceeded']);
  }).timeout(20_000);
});

describe('names in an index', () => {
  const forms = { docker: names, skopeo: ['1', '2'], podman: names } as const;
  for (const [form, expected] of Object.entries(forms))
    it(`are taken as ${form} writes them`, async () => {
      const image = { ...amd64, names };
      const options = { names: form as keyof typeof forms };
      const { entries } = await openImages(writeOciArchive(image, fresh(), options));
      assert.deepEqual(
        entries.map((entry) => entry.names),
        [expected],
      );
      assert.deepEqual(codesOf(entries[0]!.problems), []);
    });

  it('that no engine takes are kept and reported', async () => {
    const hostile = ['-v/:/x', '\x1b[31m/red', 'UPPER/Case', '../../etc:x'];
    const layout = writeOciLayout(amd64, fresh());
    const descriptor = {
      mediaType: amd64.mediaType,
      digest: amd64.manifestDigest,
      size: amd64.manifest.length,
    };
    const roots = hostile.map((name) => ({
      ...descriptor,
      annotations: { 'io.containerd.image.name': name },
    }));
    const { entries } = await openImages(writeIndex(layout, roots));
    assert.deepEqual(entries[0]!.names, hostile);
    assert.deepEqual(codesOf(entries[0]!.problems), Array(4).fill('reference-invalid'));
  });

  it('come from manifest.json where the index has none', async () => {
    const image = buildImage([{ a: '1' }], { names: ['docker.io/library/it:1'] });
    const withoutNames = writeDockerArchive(image, fresh(), {
      shape: 'containerd',
      change: (entries) =>
        entries.map((entry) =>
          entry.name === 'index.json'
            ? { ...entry, content: (entry.content as string).replace(/,"annotations":\{[^}]*\}/, '') }
            : entry,
        ),
    });
    const { entries } = await openImages(withoutNames);
    assert.deepEqual(
      entries.map((entry) => [entry.names, entry.target?.digest]),
      [[['docker.io/library/it:1'], image.manifestDigest]],
    );
  });
});

describe('data beside images', () => {
  it('is offered as data, never as an image', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const empty = put(layout, {}, mediaTypes.ociEmpty);
    const chart = put(
      layout,
      { config: { ...empty, mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [empty] },
      mediaTypes.ociManifest,
    );
    const signature = put(
      layout,
      {
        artifactType: 'application/x',
        config: empty,
        layers: [empty],
        subject: { ...empty, digest: amd64.manifestDigest },
      },
      mediaTypes.ociManifest,
    );
    const unknown = put(layout, 'anything', 'application/octet-stream');
    const { entries, images } = await openImages(writeIndex(layout, [chart, signature, unknown]));
    assert.equal(images.length, 0);
    assert.deepEqual(
      entries.map(({ variants, attachments, problems }) => [
        variants,
        attachments.map((each) => [each.kind, each.subject]),
        problems,
      ]),
      [
        [[], [['artifact', undefined]], []],
        [[], [['artifact', amd64.manifestDigest]], []],
        [[], [['artifact', undefined]], []],
      ],
    );
  });

  it('an image named as something else is an image', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const odd = { mediaType: 'application/x-odd', digest: amd64.manifestDigest, size: amd64.manifest.length };
    const { entries, images } = await openImages(writeIndex(layout, [odd]));
    assert.equal(images[0]?.imageId, amd64.imageId);
    assert.deepEqual(codesOf(entries[0]!.problems), ['media-type-mismatch', 'media-type-unknown']);
  });
});

describe('a damaged layout', () => {
  const damaged = async (damage: (layout: string) => void) => {
    const layout = writeOciLayout(amd64, fresh());
    damage(layout);
    return openImages(layout);
  };
  const config = amd64.imageId;
  const [layer] = amd64.layers;

  it('without a layer shows the others', async () => {
    const { images } = await damaged((layout) => {
      rmSync(blobFile(layout, layer!.digest));
    });
    assert.deepEqual(
      images[0]!.problems.map(({ code, layer: position }) => [code, position]),
      [['blob-missing', 0]],
    );
    assert.equal(images[0]!.layers[0]!.blob.location, undefined);
    assert.notEqual(images[0]!.layers[1]!.blob.location, undefined);
  });

  it('with a layer cut off says so', async () => {
    const { images } = await damaged((layout) => {
      writeFileSync(blobFile(layout, layer!.digest), layer!.blob.subarray(0, 20));
    });
    assert.deepEqual(codesOf(images[0]!.problems), ['blob-truncated']);
  });

  it('with a changed config shows it and says so', async () => {
    const { images } = await damaged((layout) => {
      writeFileSync(blobFile(layout, config), amd64.config.toString().replace('amd64', 'amd65'));
    });
    assert.deepEqual(codesOf(images[0]!.problems), ['digest-mismatch']);
    assert.equal(images[0]!.config?.architecture, 'amd65');
  });

  for (const [what, content] of Object.entries({ 'no JSON': '{', 'a list': '[]', nothing: '' }))
    it(`with a config that is ${what} shows layers without history`, async () => {
      const { images } = await damaged((layout) => {
        writeFileSync(blobFile(layout, config), content);
      });
      assert.deepEqual(codesOf(images[0]!.problems), ['digest-mismatch', 'config-invalid']);
      assert.equal(images[0]!.layers.length, 2);
      assert.deepEqual(
        images[0]!.steps.map(({ item, layer: position }) => [item, position]),
        [
          [undefined, 0],
          [undefined, 1],
        ],
      );
    });

  it('without a config is listed as not available, and resolved all the same', async () => {
    const layout = writeOciLayout(amd64, fresh());
    rmSync(blobFile(layout, config));
    await using source = await open(layout);
    const [entry] = await source.list();
    assert.equal(entry!.variants[0]!.isAvailable, false);
    const core = await source.resolve(entry!, entry!.variants[0]!);
    assert.deepEqual(codesOf(core.problems), ['config-missing']);
    assert.equal(core.layers.length, 2);
  });

  it('without a manifest keeps the entry and says so', async () => {
    const { entries } = await damaged((layout) => {
      rmSync(blobFile(layout, amd64.manifestDigest));
    });
    assert.equal(entries[0]!.variants[0]!.isAvailable, false);
    assert.deepEqual(codesOf(entries[0]!.problems), ['manifest-missing']);
  });

  it('with an ambiguous manifest refuses that one alone', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const manifest = JSON.parse(amd64.manifest.toString()) as object;
    const bad = put(layout, { ...manifest, manifests: [] }, mediaTypes.ociManifest);
    const index = JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')) as {
      manifests: object[];
    };
    const { entries, images } = await openImages(writeIndex(layout, [bad, ...index.manifests]));
    assert.deepEqual(codesOf(entries[0]!.problems), ['manifest-ambiguous']);
    assert.equal(images.length, 1);
  });

  it('with a manifest of another size says so', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const wrong = { mediaType: amd64.mediaType, digest: amd64.manifestDigest, size: 5 };
    const { entries } = await openImages(writeIndex(layout, [wrong]));
    assert.deepEqual(codesOf(entries[0]!.problems), ['size-mismatch']);
  });

  it('with digests that are paths reads nothing outside', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const digests = [
      'sha256:../../../../etc/passwd',
      '../../x',
      `sha256:${'/'.repeat(64)}`,
      'sha256:',
      '__proto__',
    ];
    const { entries, problems } = await openImages(
      writeIndex(
        layout,
        digests.map((digest) => ({ mediaType: mediaTypes.ociManifest, digest, size: 1 })),
      ),
    );
    assert.deepEqual(entries, []);
    assert.deepEqual(codesOf(problems), Array(5).fill('manifest-invalid'));
  });

  it('compares what media types say of layers with their bytes', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const manifest = JSON.parse(amd64.manifest.toString()) as { layers: { mediaType: string }[] };
    const types = [
      [mediaTypes.ociLayer, 'media-type-mismatch'],
      [`${mediaTypes.ociLayer}+zstd`, 'media-type-mismatch'],
      [mediaTypes.dockerLayerGzip, undefined],
      ['application/vnd.erofs', 'media-type-unknown'],
      [`${mediaTypes.ociLayer}+gzip+encrypted`, 'encrypted-layer'],
    ] as const;
    for (const [mediaType, code] of types) {
      const layers = manifest.layers.map((each) => ({ ...each, mediaType }));
      const root = put(layout, { ...manifest, layers: layers.slice(0, 1) }, mediaTypes.ociManifest);
      const { images } = await openImages(writeIndex(layout, [root]));
      const own = images[0]!.problems.filter(({ layer: position }) => position === 0);
      assert.deepEqual(codesOf(own), code === undefined ? [] : [code], mediaType);
    }
  });

  it('takes documents that descriptors carry', async () => {
    const layout = writeOciLayout(amd64, fresh());
    const manifest = JSON.parse(amd64.manifest.toString()) as { config: object };
    const carried = { ...manifest, config: { ...manifest.config, data: amd64.config.toString('base64') } };
    const bytes = Buffer.from(JSON.stringify(carried));
    rmSync(blobFile(layout, config));
    const root = {
      mediaType: amd64.mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
      data: bytes.toString('base64'),
    };
    const { images } = await openImages(writeIndex(layout, [root]));
    assert.equal(images[0]?.imageId, config);
    assert.deepEqual(images[0].problems, []);
  });
});
