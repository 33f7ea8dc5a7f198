import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { BlobFile } from '../../src/engine/archive/blobFile.ts';
import type { BlobLocation } from '../../src/engine/archive/blobLocation.ts';
import { isEngineError } from '../../src/engine/base/errors.ts';
import { parseLayerPath } from '../../src/engine/base/layerPath.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { ImageFiles } from '../../src/engine/imageFiles.ts';
import { ImageLayers } from '../../src/engine/imageLayers.ts';
import { LayerIndexes } from '../../src/engine/layers/layerIndexes.ts';
import { type LayerWork, workBeside, workInPlace } from '../../src/engine/layers/layerWork.ts';
import type { RootfsEntry } from '../../src/engine/rootfs/rootfs.ts';
import { createUnionView } from '../../src/engine/rootfs/unionView.ts';
import { BlobCache } from '../../src/engine/sources/blobCache.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import { verifyImage } from '../../src/engine/verifyImage.ts';
import { type BuiltImage, buildImage } from '../support/buildImage.ts';
import { FarBlob, type FarBlobOptions } from '../support/farBlob.ts';
import { farImage, imageOf } from '../support/farImage.ts';
import { sampleText } from '../support/gzipSamples.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/tempDir.ts';

const entries = {
  indexer: fileURLToPath(new URL('../../src/indexer.ts', import.meta.url)),
  worker: fileURLToPath(new URL('../../src/worker.ts', import.meta.url)),
};
const workPlaces = [
  ['in place', workInPlace],
  ['by workers', (cache: string) => workBeside(entries, cache)],
] as const;
/** Some 12 MB in files of all sizes. */
const files = makeFiles();
const built = buildImage([files]);
const tar = built.layers[0]!.tar;
/** How a layer is packed, and the greatest part of it that three small files may take. */
const packings: readonly (readonly [name: string, pack: () => Buffer, most: number])[] = [
  ['plain', () => built.layers[0]!.tar, 0.01],
  ['gzip', () => gzipSync(tar), 0.4],
  ['gzip in members', () => inPieces((piece) => gzipSync(piece)), 0.4],
  ['zstd in frames', () => inPieces((piece) => zstdCompressSync(piece)), 0.2],
];

describe('files of layers that lie elsewhere', function () {
  this.timeout(60_000);
  for (const [name, pack, most] of packings)
    for (const [where, make] of name === 'gzip' ? workPlaces : workPlaces.slice(0, 1))
      it(`are read by ranges of a ${name} layer whose index is known, ${where}`, async () => {
        await using place = new Place(pack(), make);
        await place.learn();
        const random = new Random(3);
        const names = random.shuffle(Object.keys(files).filter((file) => (files[file]?.length ?? 0) < 5000));
        for (const file of names.slice(0, 3)) assert.ok((await place.read(file)).equals(files[file]!), file);
        assert.ok(
          place.far.movedBytes < place.far.size * most,
          `${place.far.movedBytes} of ${place.far.size}`,
        );
        for (const file of names.slice(0, 3)) await place.read(file);
        for (const file of random.shuffle(Object.keys(files)))
          assert.ok((await place.read(file)).equals(files[file]!), file);
        assert.equal(place.far.fetches, 0);
        assert.ok(place.far.movedBytes <= place.far.size, 'no byte comes twice');
      });

  it('come from the whole blob where it is one piece', async () => {
    await using place = new Place(zstdCompressSync(tar));
    await place.learn();
    for (const file of Object.keys(files).slice(0, 5))
      assert.ok((await place.read(file)).equals(files[file]!));
    assert.deepEqual([place.far.fetches, place.far.ranges.length], [1, 0]);
  });

  for (const ranges of ['no', 'ignored'] as const)
    it(`come from the whole blob where ranges are ${ranges === 'no' ? 'not offered' : 'ignored'}`, async () => {
      await using place = new Place(gzipSync(tar), workInPlace, { ranges });
      await place.learn();
      for (const file of Object.keys(files).slice(0, 5))
        assert.ok((await place.read(file)).equals(files[file]!));
      assert.equal(place.far.fetches, 1);
    });

  it('come from the whole blob when it was fetched for its index', async () => {
    await using place = new Place(gzipSync(tar));
    for (const file of Object.keys(files).slice(0, 5))
      assert.ok((await place.read(file)).equals(files[file]!));
    assert.deepEqual([place.far.fetches, place.far.ranges.length], [1, 0]);
  });

  it('come from the whole blob when they are many', async () => {
    await using place = new Place(gzipSync(tar));
    await place.learn();
    for (const file of Object.keys(files).slice(0, 5))
      assert.ok((await place.read(file, undefined, true)).equals(files[file]!));
    assert.deepEqual([place.far.fetches, place.far.ranges.length], [1, 0]);
  });

  it('are hashed, and read in part', async () => {
    await using place = new Place(gzipSync(tar));
    await place.learn();
    const [file] = Object.keys(files);
    const content = files[file!]!;
    const range = { start: 5, end: Math.min(900, content.length - 1) };
    assert.ok((await place.read(file!, range)).equals(content.subarray(range.start, range.end)));
    const { entry } = await place.entry(file!);
    assert.equal(
      await place.files.hash(place.image, entry),
      createHash('sha256').update(content).digest('hex'),
    );
    assert.equal(place.far.fetches, 0);
  });

  it('of a range that proves damaged are an error, and come right the next time', async () => {
    for (const isPart of [false, true]) {
      await using place = new Place(gzipSync(tar));
      await place.learn();
      const sound = place.far.bytes;
      place.far.bytes = Buffer.alloc(sound.length, 0x55);
      const file = 'large';
      const range = isPart ? { start: 10, end: 20 } : undefined;
      await assert.rejects(place.read(file, range), (error) => isEngineError(error, 'damaged'));
      assert.deepEqual(await readdir(place.cache.directory), []);
      place.far.bytes = sound;
      assert.ok((await place.read(file, range)).equals(files[file]!.subarray(range?.start, range?.end)));
      assert.equal(place.far.fetches, 0);
    }
  });

  it('of a range with other bytes in a plain tar are an error', async () => {
    await using place = new Place(tar);
    await place.learn();
    place.far.bytes = Buffer.alloc(tar.length, 'x');
    for (const range of [undefined, { start: 10, end: 20 }])
      await assert.rejects(place.read('large', range), (error) => isEngineError(error, 'damaged'));
  });

  it('of a large plain tar, which has no hashes, come from the whole blob', async () => {
    const big = buildImage([{ zeros: Buffer.alloc(18 * 2 ** 20), small: 'text' }]);
    await using place = new Place(big.layers[0]!.blob, workInPlace, {}, big);
    await place.learn();
    assert.equal((await place.read('small')).toString(), 'text');
    assert.deepEqual([place.far.fetches, place.far.ranges.length], [1, 0]);
  });

  it('are read right when the tree was known from the same tar in another packing', async () => {
    // Small enough to be hashed as it is indexed.
    const small = buildImage([{ 'etc/motd': 'hello', 'etc/words': sampleText(4_000_000) }]);
    const plain = small.layers[0]!.tar;
    for (const [known, sent] of [
      [gzipSync(plain), plain],
      [plain, gzipSync(plain)],
      [zstdCompressSync(plain), gzipSync(plain)],
    ] as const) {
      const identity = `engine ABCD ${small.layers[0]!.diffId}`;
      await using place = new Place(sent, workInPlace, { identity, ranges: 'no' }, small);
      await place.learn(known);
      assert.equal((await place.entry('etc/motd')).entry.size, 5);
      assert.equal(place.far.fetches, 0);
      assert.equal((await place.read('etc/motd')).toString(), 'hello');
      assert.equal((await place.read('etc/words')).length, 4_000_000);
      assert.equal(place.far.fetches, 1);
    }
  });

  it('are not read when the layer cannot be reached, which is no damage of the image', async () => {
    await using place = new Place(gzipSync(tar));
    place.far.failure = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    await assert.rejects(place.read('large'));
    place.far.failure = undefined;
    assert.ok((await place.read('large')).equals(files['large']!));
  });

  it('are verified by the digests of layers that are brought here', async () => {
    await using place = new Place(gzipSync(tar));
    const reports: number[] = [];
    const problems = await verifyImage(place.image, place.work, {
      onProgress: ({ done, total }) => reports.push(done / (total ?? 1)),
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      reports,
      reports.toSorted((a, b) => a - b),
    );
    assert.ok((reports.at(-1) ?? 0) > 0.9 && reports.every((part) => part <= 1));
    await place.cache.clear();
    place.far.bytes = Buffer.alloc(place.far.size);
    assert.deepEqual(
      (await verifyImage(place.image, place.work)).map(({ code, layer }) => [code, layer]),
      [['digest-mismatch', 0]],
    );
  });
});

describe('a blob of which a part is here', () => {
  it('is read within that part only', async () => {
    const file = tempDir().file('blob');
    writeFileSync(file, Buffer.from('0123456789'));
    await using blob = await BlobFile.open({ file, offset: 0, size: 20, present: { start: 2, end: 8 } });
    assert.equal((await blob.read(2, 100)).toString(), '234567');
    assert.equal((await blob.read(7, 1)).toString(), '7');
    for (const at of [0, 1, 8, 9, 19])
      await assert.rejects(blob.read(at, 1), (error) => isEngineError(error, 'not-found'));
    const pieces: string[] = [];
    await assert.rejects(
      async () => {
        for await (const piece of blob.pieces(3, 4)) pieces.push(piece.toString());
      },
      (error) => isEngineError(error, 'not-found'),
    );
    assert.deepEqual(pieces, ['3456', '7']);
  });
});

/** One installation, and one image elsewhere. */
class Place implements AsyncDisposable {
  readonly folder = tempDir();
  readonly cache = new BlobCache({ directory: this.folder.file('fetched') });
  readonly far: FarBlob;
  readonly image: Image;
  readonly work: LayerWork;
  readonly indexes: LayerIndexes;
  readonly layers: ImageLayers;
  readonly files: ImageFiles;
  readonly #built: BuiltImage;

  constructor(
    blob: Buffer,
    makeWork: (cache: string) => LayerWork = workInPlace,
    options: FarBlobOptions = {},
    image: BuiltImage = built,
  ) {
    this.#built = stored(image, blob);
    this.far = new FarBlob(blob, this.cache, options);
    this.image = farImage(this.#built, [this.far]);
    this.work = makeWork(this.folder.file('unpacked'));
    this.indexes = new LayerIndexes({
      directory: this.folder.file('indexes'),
      log: silentLogger,
      build: this.work.buildIndex,
      vouchedDigest: ({ file }) => (file.endsWith('vouched') ? this.#built.layers[0]?.digest : undefined),
    });
    this.layers = new ImageLayers(this.indexes);
    this.files = new ImageFiles(this.layers, this.indexes, this.work);
  }

  /** Indexes the layer as an archive has it, whose digest is vouched for. */
  async learn(blob = this.far.bytes): Promise<void> {
    const file = this.folder.file(blob === this.far.bytes ? 'vouched' : 'other');
    writeFileSync(file, blob);
    const location: BlobLocation = { file, offset: 0, size: blob.length };
    const local = imageOf(this.#built, [{ location }], '/archive');
    assert.equal((await this.layers.index(local, 0)).isComplete, true);
  }

  async entry(name: string): Promise<{ readonly entry: RootfsEntry }> {
    const view = createUnionView(await this.layers.stack(this.image, 0));
    const entry = view.lookup(parseLayerPath(`/${name}`));
    assert.ok(entry, name);
    return { entry };
  }

  async read(
    name: string,
    range?: { readonly start: number; readonly end: number },
    isOneOfMany = false,
  ): Promise<Buffer> {
    const { entry } = await this.entry(name);
    const pieces: Uint8Array[] = [];
    for await (const bytes of this.files.read(this.image, entry, range, { isOneOfMany })) pieces.push(bytes);
    return Buffer.concat(pieces);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.work[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

/** The image with its layer packed in this way. */
function stored(image: BuiltImage, blob: Buffer): BuiltImage {
  const [layer] = image.layers;
  const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
  return { ...image, layers: [{ ...layer!, blob, digest: digest as (typeof layer & object)['digest'] }] };
}

function makeFiles(): Readonly<Record<string, Buffer>> {
  const random = new Random(5);
  const text = sampleText(3_000_000);
  const made: Record<string, Buffer> = {};
  for (let at = 0; at < 90; at++) {
    const length = 10 + random.below(random.pick([4000, 4000, 100_000, 500_000]));
    const start = random.below(text.length - length);
    // Bytes in another place each time, so that no match reaches far back.
    made[`dir${at % 5}/file${at}`] = random.chance(0.3)
      ? random.bytes(length)
      : text.subarray(start, start + length);
  }
  made['large'] = Buffer.concat([text, text.subarray(1_000_000), text.subarray(2_000_000)]);
  made['last'] = Buffer.from('the end');
  return made;
}

/** Packed piece by piece, each a member or a frame. */
function inPieces(pack: (piece: Buffer) => Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < tar.length; at += 400_000) pieces.push(pack(tar.subarray(at, at + 400_000)));
  return Buffer.concat(pieces);
}
