import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { BlobLocation } from '../../../src/engine/archive/blobLocation.ts';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { FileContent } from '../../../src/engine/layers/fileContent.ts';
import { type LayerIndex, noNode } from '../../../src/engine/layers/layerIndex.ts';
import { openLayerIndex } from '../../../src/engine/layers/layerIndexFile.ts';
import { type LayerWork, workBeside, workInPlace } from '../../../src/engine/layers/layerWork.ts';
import { byteName } from '../../../src/engine/base/layerPath.ts';
import { sha256 } from '../../support/collectTar.ts';
import { fixture } from '../../support/fixtures.ts';
import { sampleText } from '../../support/gzipSamples.ts';
import { Random } from '../../support/random.ts';
import { type TarEntrySpec, encodeTar } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';

const directory = tempDir();
const cache = directory.file('cache');
const entries = {
  indexer: fileURLToPath(new URL('../../../src/indexer.ts', import.meta.url)),
  worker: fileURLToPath(new URL('../../../src/worker.ts', import.meta.url)),
};
/** A layer of some 12 MB in files of all sizes. */
const files = makeFiles();
const tar = encodeTar(files);
const packings: readonly (readonly [name: string, pack: () => Buffer])[] = [
  ['plain', () => tar],
  ['gzip', () => gzipSync(tar)],
  ['gzip in members', () => members(tar)],
  ['zstd', () => zstdCompressSync(tar)],
  ['zstd in frames', () => frames(tar)],
];

for (const [place, make] of [
  ['in place', () => workInPlace(cache)],
  ['beside', () => workBeside(entries, cache)],
] as const)
  describe(`layer work done ${place}`, function () {
    this.timeout(60_000);
    let work: LayerWork;
    before(() => (work = make()));
    after(() => work[Symbol.asyncDispose]());

    for (const [name, pack] of packings)
      it(`indexes a ${name} layer and reads its files at random`, async () => {
        const packed = pack();
        const layer = await index(work, put(packed));
        assert.equal(layer.index.isComplete, true);
        assert.equal(layer.index.summary.diffId, `sha256:${sha256(tar)}`);
        assert.equal(layer.index.summary.digest, `sha256:${sha256(packed)}`);
        for (const file of new Random(4).shuffle(files)) {
          const read = await readWhole(work, layer, file.name);
          assert.ok(read.equals(file.content), file.name);
        }
      });

    it('reads ranges, and files in the order of the tar', async () => {
      const layer = await index(work, put(gzipSync(tar)));
      const random = new Random(9);
      for (const { name, content } of files) {
        const start = random.below(content.length);
        const range = { start, end: start + random.below(content.length) + 1 };
        const read = await gather(work.readFile({ layer, file: contentOf(layer.index, name) }, range));
        assert.ok(read.equals(content.subarray(range.start, range.end)), name);
      }
    });

    it('gives sparse files with their holes', async () => {
      const sparse = readFileSync(fixture('images/tar-split/archive-tar/sparse-formats.tar'));
      const layer = await index(work, put(gzipSync(sparse)));
      // Four forms of one file; its SHA-256 is in tar-by-go/expected.json.
      const expected = 'ed7c086b492e5f08afd6f20f81d445bcc007c24c5f6aad6d30f9d7e5a9ae34d9';
      for (const name of ['sparse-gnu', 'sparse-posix-0.0', 'sparse-posix-0.1', 'sparse-posix-1.0']) {
        const whole = await readWhole(work, layer, name);
        assert.equal(sha256(whole), expected, name);
        for (const [start, end] of [
          [0, 1],
          [1, 2],
          [3, 40],
          [100, 200],
          [199, 999],
        ] as const) {
          const part = await gather(
            work.readFile({ layer, file: contentOf(layer.index, name) }, { start, end }),
          );
          assert.ok(part.equals(whole.subarray(start, end)), `${name} ${start}`);
        }
      }
    });

    it('unpacks a large layer without places to enter into a file, once', async () => {
      const text = sampleText(2_000_000);
      const large = Array.from({ length: 40 }, (_, at) => ({ name: `f${at}`, content: text }));
      const layer = await index(
        work,
        put(zstdCompressSync(encodeTar([...large, { name: 'last', content: 'end' }]))),
      );
      for (const name of ['last', 'f39', 'f0', 'last'])
        assert.equal(
          sha256(await readWhole(work, layer, name)),
          sha256(name === 'last' ? Buffer.from('end') : text),
        );
      assert.equal(readdirSync(cache).filter((name) => name.endsWith('.tar')).length, 1);
      rmSync(cache, { recursive: true });
    });

    it('hashes files and layers, and copies blobs', async () => {
      const packed = gzipSync(tar);
      const blob = put(packed, 1000);
      const layer = await index(work, blob);
      const [first] = files;
      assert.equal(
        await work.hashFile({ layer, file: contentOf(layer.index, first?.name ?? '') }),
        sha256(first?.content ?? Buffer.alloc(0)),
      );
      assert.deepEqual(await work.hashLayer(blob, { digest: 'sha512', diffId: 'sha256' }), {
        digest: `sha512:${createHash('sha512').update(packed).digest('hex')}`,
        diffId: `sha256:${sha256(tar)}`,
        tarSize: tar.length,
      });
      const to = { file: directory.file(`copy-${place}`), offset: 0, purpose: 'create' } as const;
      const copied = await work.copyBlob({ from: blob, algorithm: 'sha256', to });
      assert.deepEqual(copied, { digest: `sha256:${sha256(packed)}`, size: packed.length });
      assert.ok(readFileSync(to.file).equals(packed));
    });

    it('keeps what could be read of a damaged layer, and says what is wrong', async () => {
      const gzip = gzipSync(tar);
      for (const [blob, code] of [
        [put(gzip.subarray(0, gzip.length / 2)), 'blob-truncated'],
        [put(spoilt(gzip)), 'blob-damaged'],
        [put(zstdCompressSync(tar).subarray(0, 900_000)), 'blob-truncated'],
        [put(tar.subarray(0, tar.length / 2)), 'tar-damaged'],
        [{ ...put(tar.subarray(0, tar.length / 2)), size: tar.length }, 'blob-truncated'],
        [put(Buffer.from('no layer at all'.repeat(100))), 'tar-damaged'],
      ] as const) {
        const { index: found } = await index(work, blob);
        assert.equal(found.isComplete, false, code);
        assert.ok(
          found.problems.some((problem) => problem.code === code),
          code,
        );
        assert.equal(found.summary.diffId === undefined, code !== 'tar-damaged');
      }
    });

    it('keeps all that can be unpacked before the damage, but for 4 KiB', async () => {
      const blob = spoilt(gzipSync(tar));
      const { index: found } = await index(work, put(blob));
      const sound = gunzipSync(blob.subarray(0, blob.length / 2), { finishFlush: constants.Z_SYNC_FLUSH });
      assert.ok(
        found.summary.tarSize > sound.length - 4096,
        `${found.summary.tarSize} of ${sound.length} bytes`,
      );
    });

    it('keeps the tree when only something follows the layer', async () => {
      const { index: found } = await index(work, put(Buffer.concat([gzipSync(tar), Buffer.from('more')])));
      assert.deepEqual([found.isComplete, found.problems.map(({ code }) => code)], [true, ['blob-damaged']]);
    });

    it('never gives bytes other than those that were indexed', async () => {
      const blob = put(tar);
      const layer = await index(work, blob);
      const file = contentOf(layer.index, files[3]?.name ?? '');
      const changed = readFileSync(blob.file);
      changed[file.dataOffset] = (changed[file.dataOffset] ?? 0) ^ 1;
      writeFileSync(blob.file, changed);
      await assert.rejects(gather(work.readFile({ layer, file })), (error) =>
        isEngineError(error, 'damaged'),
      );
      truncateSync(blob.file, file.dataOffset);
      await assert.rejects(gather(work.readFile({ layer, file })), (error) =>
        isEngineError(error, 'truncated'),
      );
    });

    it('can be cancelled', async () => {
      const abort = new AbortController();
      abort.abort();
      const destination = directory.file('cancelled.index');
      await assert.rejects(
        work.buildIndex(put(gzipSync(Buffer.alloc(300_000_000))), destination, { signal: abort.signal }),
        (error) => isEngineError(error, 'cancelled'),
      );
      assert.equal(
        readdirSync(directory.path).some((name) => name.startsWith('cancelled')),
        false,
      );
    });

    it('fails for compressions that are not read', async () => {
      await assert.rejects(index(work, put(Buffer.from('BZh91AY&SY…'))), (error) =>
        isEngineError(error, 'unsupported'),
      );
    });
  });

interface IndexedLayer {
  readonly blob: BlobLocation;
  readonly indexFile: string;
  readonly index: LayerIndex;
}

let made = 0;

/** Writes a blob to a file of its own, behind some other bytes. */
function put(bytes: Uint8Array, offset = 0): BlobLocation {
  const file = directory.file(`blob-${++made}`);
  writeFileSync(file, Buffer.concat([Buffer.alloc(offset, 'before'), bytes]));
  return { file, offset, size: bytes.length };
}

async function index(work: LayerWork, blob: BlobLocation): Promise<IndexedLayer> {
  const indexFile = directory.file(`index-${++made}`);
  await work.buildIndex(blob, indexFile, {});
  return { blob, indexFile, index: await openLayerIndex(indexFile) };
}

function contentOf(layer: LayerIndex, path: string): FileContent {
  let node = 0;
  for (const part of path.split('/')) node = layer.find(node, byteName(part));
  assert.notEqual(node, noNode, path);
  return {
    subject: path,
    dataOffset: layer.dataOffset(node),
    size: layer.size(node),
    sparseMap: layer.sparseMap(node),
    contentHash: layer.contentHash(node),
  };
}

function readWhole(work: LayerWork, layer: IndexedLayer, path: string): Promise<Buffer> {
  return gather(work.readFile({ layer, file: contentOf(layer.index, path) }));
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = [];
  for await (const bytes of pieces) gathered.push(bytes);
  return Buffer.concat(gathered);
}

function makeFiles(): readonly (TarEntrySpec & { readonly content: Buffer })[] {
  const random = new Random(2);
  const text = sampleText(2_000_000);
  return Array.from({ length: 120 }, (_, at) => {
    const length = 1 + random.below(random.pick([20, 3000, 100_000, 600_000]));
    const start = random.below(text.length - length);
    const content = random.chance(0.1) ? random.bytes(length) : text.subarray(start, start + length);
    return { name: `dir${at % 7}/file${at}`, content };
  });
}

function members(data: Buffer): Buffer {
  const half = Math.floor(data.length / 2);
  return Buffer.concat([gzipSync(data.subarray(0, half)), gzipSync(data.subarray(half))]);
}

function frames(data: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += 300_000)
    pieces.push(zstdCompressSync(data.subarray(at, at + 300_000)));
  return Buffer.concat(pieces);
}

function spoilt(blob: Buffer): Buffer {
  const bytes = Buffer.from(blob);
  bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 100);
  return bytes;
}
