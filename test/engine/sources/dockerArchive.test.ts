import assert from 'node:assert/strict';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import { buildImage } from '../../support/buildImage.ts';
import { codesOf, open, openImages } from '../../support/openImages.ts';
import { type TarEntrySpec } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';

const folder = tempDir();
let count = 0;
const fresh = (): string => folder.file(`${count++}.tar`);

const image = buildImage([{ a: '1' }, { b: '2' }], { names: ['docker.io/library/it:1'] });

type Element = Record<string, unknown>;

/** A podman archive of the image with another manifest.json. */
function withManifest(change: (element: Element) => unknown, more: readonly TarEntrySpec[] = []): string {
  return writeDockerArchive(image, fresh(), {
    shape: 'podman',
    change: (entries) => [
      ...entries.map((entry) => {
        if (entry.name !== 'manifest.json') return entry;
        const [element] = JSON.parse(entry.content as string) as Element[];
        return { ...entry, content: JSON.stringify(change(element!)) };
      }),
      ...more,
    ],
  });
}

describe('a docker archive', () => {
  it('with a config named as it likes opens', async () => {
    const renamed = writeDockerArchive(image, fresh(), {
      shape: 'podman',
      change: (entries) =>
        entries.map((entry) => {
          if (entry.name.endsWith('.json') && entry.name !== 'manifest.json')
            return { ...entry, name: '000.json' };
          if (entry.name !== 'manifest.json') return entry;
          return { ...entry, content: (entry.content as string).replace(/[0-9a-f]{64}\.json/, '000.json') };
        }),
    });
    const { images } = await openImages(renamed);
    assert.equal(images[0]?.imageId, image.imageId);
    assert.deepEqual(images[0].problems, []);
  });

  it('without names is untagged', async () => {
    for (const RepoTags of [null, [], undefined]) {
      const { entries } = await openImages(withManifest((element) => [{ ...element, RepoTags }]));
      assert.deepEqual(entries[0]!.names, []);
    }
  });

  it('gives names in full, each once, and reports what no engine takes', async () => {
    const RepoTags = ['it:1', 'docker.io/library/it:1', 'it', 'Bad:1', 'quay.io/a/b:2'];
    const { entries } = await openImages(withManifest((element) => [{ ...element, RepoTags }]));
    assert.deepEqual(entries[0]!.names, [
      'docker.io/library/it:1',
      'docker.io/library/it:latest',
      'Bad:1',
      'quay.io/a/b:2',
    ]);
    assert.deepEqual(codesOf(entries[0]!.problems), ['reference-invalid']);
  });

  it('whose layers are outside, absent or no text shows the rest', async () => {
    const Layers = [
      '../l.tar',
      '/../../etc/passwd',
      'absent.tar',
      7,
      image.layers[1]!.diffId.slice(7) + '.tar',
    ];
    const { images } = await openImages(withManifest((element) => [{ ...element, Layers }]));
    assert.deepEqual(
      images[0]!.layers.map(({ blob }) => blob.location?.size),
      [undefined, undefined, undefined, 2048],
    );
    assert.deepEqual(
      images[0]!.problems.map(({ code, layer }) => `${code} ${layer ?? ''}`.trim()),
      [
        'archive-entry-escapes 0',
        'blob-missing 0',
        'archive-entry-escapes 1',
        'blob-missing 1',
        'blob-missing 2',
        'layer-count-mismatch',
        'history-mismatch',
      ],
    );
  });

  it('of blank elements is listed as not available', async () => {
    const { entries } = await openImages(
      withManifest(() => [{}, { Config: null, RepoTags: null, Layers: null }]),
    );
    assert.deepEqual(
      entries.map(({ variants }) => variants[0]!.isAvailable),
      [false, false],
    );
    assert.deepEqual(codesOf(entries[0]!.problems), ['config-missing']);
  });

  it('with two manifest.json obeys the last one, as docker does', async () => {
    const last = {
      name: 'manifest.json',
      content: JSON.stringify([{ Config: 'x', RepoTags: ['last:1'], Layers: [] }]),
    };
    const { entries } = await openImages(withManifest((element) => [element], [last]));
    assert.deepEqual(entries[0]!.names, ['docker.io/library/last:1']);
  });

  it('takes what LayerSources says of layers, foreign ones too', async () => {
    const [first, second] = image.layers;
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const LayerSources = {
      [first!.diffId]: { mediaType: mediaTypes.ociLayer, digest: first!.diffId, size: 2048 },
      [second!.diffId]: {
        mediaType: foreign,
        digest: first!.diffId,
        size: 9,
        urls: ['https://example.com/layer'],
      },
    };
    const Layers = [`${first!.diffId.slice(7)}.tar`, 'absent.tar'];
    const { images } = await openImages(withManifest((element) => [{ ...element, Layers, LayerSources }]));
    assert.deepEqual(
      images[0]!.layers.map(({ blob }) => [blob.claimedDiffId, blob.descriptor?.mediaType]),
      [
        [first!.diffId, mediaTypes.ociLayer],
        [second!.diffId, foreign],
      ],
    );
    assert.deepEqual(codesOf(images[0]!.problems), ['foreign-layer']);
    assert.match(images[0]!.problems[0]!.detail!, /https:\/\/example.com\/layer/);
  });

  it('links an image to the parents it names, when their histories fit', async () => {
    const step = (created_by: string) => ({ created_by });
    const family = [1, 2, 3].map((size) =>
      buildImage(
        Array.from({ length: size }, (_, at) => ({ [`f${at}`]: 'x' })),
        { names: [`docker.io/library/it:${size}`], history: ['a', 'b', 'c'].slice(0, size).map(step) },
      ),
    );
    const [one, two, three] = family.map(({ imageId }) => imageId);
    const parents = async (links: Readonly<Record<string, string | undefined>>) => {
      const linked = writeDockerArchive(family, fresh(), {
        shape: 'podman',
        change: (entries) =>
          entries.map((entry) => {
            if (entry.name !== 'manifest.json') return entry;
            const elements = JSON.parse(entry.content as string) as Element[];
            const all = elements.map((element, at) => ({ ...element, Parent: links[at] }));
            return { ...entry, content: JSON.stringify(all) };
          }),
      });
      return (await openImages(linked)).images.map(({ core }) => core.parents ?? []);
    };
    assert.deepEqual(await parents({ 1: one, 2: two }), [[], [one], [two, one]]);
    assert.deepEqual(await parents({ 2: one }), [[], [], []]);
    assert.deepEqual(await parents({ 0: three, 1: two, 2: 'sha256:none' }), [[], [], []]);
  });

  it('with ten thousand elements of one large config opens in bounded memory', async () => {
    const padded = buildImage([{ a: '1' }], { config: { padding: 'x'.repeat(1_000_000) } });
    const archive = writeDockerArchive(padded, fresh(), {
      shape: 'podman',
      change: (entries) =>
        entries.map((entry) => {
          if (entry.name !== 'manifest.json') return entry;
          const [element] = JSON.parse(entry.content as string) as Element[];
          return { ...entry, content: JSON.stringify(Array(10_001).fill(element)) };
        }),
    });
    const before = process.memoryUsage().rss;
    await using source = await open(archive);
    const entries = await source.list();
    assert.equal(entries.length, 10_000);
    assert.deepEqual(codesOf(entries[0]!.problems), ['limit-exceeded']);
    assert.ok(process.memoryUsage().rss - before < 500e6);
  }).timeout(20_000);

  it('saved by Docker 25 knows images that its index lost', async () => {
    const [tagged, other] = [image, buildImage([{ c: '3' }], { names: ['docker.io/library/other:1'] })];
    const lost = writeDockerArchive([tagged, other], fresh(), {
      shape: 'modern',
      change: (entries) =>
        entries.map((entry) => {
          if (entry.name !== 'index.json') return entry;
          const index = JSON.parse(entry.content as string) as { manifests: object[] };
          return { ...entry, content: JSON.stringify({ ...index, manifests: index.manifests.slice(1) }) };
        }),
    });
    const { entries, images } = await openImages(lost);
    assert.deepEqual(
      entries.map(({ names, position, target }) => [names, position, target !== undefined]),
      [
        [['docker.io/library/other:1'], 0, true],
        [['docker.io/library/it:1'], 1, false],
      ],
    );
    assert.deepEqual(
      images.map(({ imageId }) => imageId),
      [other.imageId, tagged.imageId],
    );
  });

  it('saved by Docker 25 opens by either document when the other is broken', async () => {
    for (const broken of ['index.json', 'manifest.json']) {
      const archive = writeDockerArchive(image, fresh(), {
        shape: 'modern',
        change: (entries) =>
          entries.map((entry) => (entry.name === broken ? { ...entry, content: '{' } : entry)),
      });
      const { images, problems } = await openImages(archive);
      assert.equal(images[0]?.imageId, image.imageId);
      assert.deepEqual(codesOf(problems), ['manifest-invalid']);
    }
  });
});
