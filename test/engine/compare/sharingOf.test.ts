import assert from 'node:assert/strict';
import {
  type ContentKey,
  type MeasuredImage,
  layerContents,
  sharingOf,
} from '../../../src/engine/compare/sharingOf.ts';
import { sameFilesOf } from '../../../src/engine/compare/sharingFiles.ts';
import type { LayerIndex } from '../../../src/engine/layers/layerIndex.ts';
import { type Image, toImage } from '../../../src/engine/sources/image.ts';
import { type BuiltImage, type LayerLiteral, buildImage } from '../../support/buildImage.ts';
import { indexTar } from '../../support/unionOf.ts';

const entry = { position: 0, names: [], variants: [], attachments: [], problems: [] };

interface Made extends MeasuredImage {
  readonly built: BuiltImage;
}

/** An image of literals, its sizes docker's. */
function made(literals: readonly LayerLiteral[], name = '/x'): Made {
  const built = buildImage(literals, { compression: 'gzip' });
  const image = toImage(
    { location: name },
    entry,
    { position: 0, isAvailable: true },
    {
      names: [],
      configBytes: built.config,
      layers: built.layers.map(({ blob, digest, mediaType }) => ({
        descriptor: { digest, mediaType, size: blob.length },
      })),
      attachments: [],
      problems: [],
    },
  );
  return { built, image, sizes: built.layers.map(({ tar }) => indexTar(tar).summary.size) };
}

// The lesson's images: one base, and two files copied in one order or the other.
const base = [
  { 'bin/sh': 'shell', 'lib/': {} },
  { 'etc/nginx/nginx.conf': 'base', 'www/index.html': 'old' },
];
const index = { 'www/index.html': 'hello there' };
const config = { 'etc/nginx/nginx.conf': 'events {}' };
const hello = made([...base, index]);
const configured = made([...base, index, config]);
const preConfigured = made([...base, config, index]);
const lesson = [hello, configured, preConfigured];

describe('sharingOf', () => {
  const report = sharingOf(lesson);

  it('shares by chain what docker shares: all below must be the same', () => {
    const bytes = report.images.map(({ size, shared, unique }) => ({ size, shared, unique }));
    assert.deepEqual(bytes, [
      { size: 23, shared: 23, unique: 0 },
      { size: 32, shared: 23, unique: 9 },
      { size: 32, shared: 12, unique: 20 },
    ]);
    assert.equal(report.chainBytes, 12 + 11 + 9 + 9 + 11);
  });

  it('shares by content wherever a layer lies', () => {
    assert.deepEqual(
      report.images.map(({ sharedByContent, uniqueByContent }) => [sharedByContent, uniqueByContent]),
      [
        [23, 0],
        [32, 0],
        [32, 0],
      ],
    );
    assert.equal(report.contentBytes, 32);
  });

  it('has a row for each layer, lowest and most shared first', () => {
    const rows = report.layers.map(({ diffId, places }) => [
      hello.built.layers.concat(configured.built.layers).find((layer) => layer.diffId === diffId)?.blob
        .length,
      places
        .map(({ image, layer, isChainShared }) => `${image}.${layer}${isChainShared ? '=' : ''}`)
        .join(' '),
    ]);
    const stored = configured.built.layers.map(({ blob }) => blob.length);
    assert.deepEqual(rows, [
      [stored[0], '0.0= 1.0= 2.0='],
      [stored[1], '0.1= 1.1= 2.1='],
      [stored[2], '0.2= 1.2= 2.3'],
      [stored[3], '1.3 2.2'],
    ]);
  });

  it('tells what has to be sent to whoever has another image', () => {
    const stored = configured.built.layers.map(({ blob }) => blob.length);
    assert.deepEqual(report.transfers[0]?.[1], { bytes: 9, compressedBytes: stored[3], layers: 1 });
    assert.deepEqual(report.transfers[1]?.[2], { bytes: 0, compressedBytes: 0, layers: 0 });
    assert.deepEqual(report.images[0]?.whole, {
      bytes: 23,
      compressedBytes: stored.slice(0, 3).reduce((sum, size) => sum + size),
      layers: 3,
    });
  });

  it('shows the same layers in another order for what they are', () => {
    const [first, second] = configured.image.layers.slice(2);
    assert.deepEqual(report.reordered, [
      {
        images: [1, 2],
        commonBase: 2,
        layers: [
          { places: [2, 3], isSameLayer: true },
          { places: [3, 2], isSameLayer: true },
        ],
        diffIds: [first?.diffId, second?.diffId],
      },
    ]);
  });

  it('takes two names of one image for one image', () => {
    const { images } = sharingOf([hello, made([...base, index], '/elsewhere')]);
    assert.deepEqual(
      images.map(({ shared, unique, sharedByContent }) => [shared, unique, sharedByContent]),
      [
        [0, 23, 0],
        [0, 23, 0],
      ],
    );
  });

  it('shares nothing by chain above a layer that cannot be named', () => {
    const nameless = (each: Made): MeasuredImage => ({ ...each, image: withoutDiffIds(each.image) });
    const { images } = sharingOf([nameless(hello), nameless(configured)]);
    assert.deepEqual(
      images.map(({ shared, sharedByContent }) => [shared, sharedByContent]),
      [
        [0, 23],
        [0, 23],
      ],
    );
  });
});

describe('sameFilesOf', () => {
  const parents: LayerLiteral = {
    'www/': { type: 'dir', mtime: 1000 },
    'www/index.html': { content: 'hello there', mtime: 5 },
  };
  const later: LayerLiteral = {
    'www/': { type: 'dir', mtime: 2000 },
    'www/index.html': { content: 'hello there', mtime: 5 },
  };

  /** Pairs of layers as `image.layer`. */
  async function same(images: readonly Made[]): Promise<readonly string[]> {
    const contents = layerContents(images);
    const tars = new Map<ContentKey, LayerIndex>();
    for (const { built } of images)
      for (const layer of built.layers) tars.set(layer.diffId, indexTar(layer.tar));
    const found = await sameFilesOf(contents, {
      index: ({ key }) => Promise.resolve(tars.get(key)!),
      sameContent: () => Promise.reject(new Error('all are hashed')),
    });
    const placeOf = (key: ContentKey): string => {
      const [place] = contents.find((content) => content.key === key)!.places;
      return `${place!.image}.${place!.layer}`;
    };
    return [...found].map(([key, first]) => `${placeOf(key)} as ${placeOf(first)}`);
  }

  it('finds layers that differ in times alone, and so the order of the lesson', async () => {
    const one = made([...base, parents, config]);
    const other = made([...base, config, later]);
    assert.deepEqual(await same([one, other]), ['1.3 as 0.2']);
    const sameFiles = new Map([[other.built.layers[3]!.diffId, one.built.layers[2]!.diffId]]);
    const report = sharingOf([one, other], sameFiles);
    assert.deepEqual(report.reordered[0]?.layers, [
      { places: [2, 3], isSameLayer: false },
      { places: [3, 2], isSameLayer: true },
    ]);
    assert.equal(report.layers.filter(({ sameFilesAs }) => sameFilesAs !== undefined).length, 1);
  });

  const differing: Readonly<Record<string, LayerLiteral>> = {
    content: { ...later, 'www/index.html': 'HELLO THERE' },
    mode: { ...later, 'www/index.html': { content: 'hello there', mode: 0o600 } },
    owner: { ...later, 'www/index.html': { content: 'hello there', uid: 7 } },
    name: { 'www/': { type: 'dir', mtime: 2000 }, 'www/index.htm': 'hello there' },
    'a removal': { ...later, 'www/.wh.old': '' },
    'the mode of a directory above': { ...later, 'www/': { type: 'dir', mode: 0o700 } },
  };
  for (const [what, literal] of Object.entries(differing))
    it(`takes layers that differ in ${what} for different`, async () => {
      assert.deepEqual(await same([made([parents]), made([literal])]), []);
    });
});

function withoutDiffIds(image: Image): Image {
  return {
    ...image,
    layers: image.layers.map((layer) => ({ ...layer, diffId: undefined, chainId: undefined })),
  };
}
