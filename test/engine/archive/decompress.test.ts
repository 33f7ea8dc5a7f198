import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { type DecompressOptions, decompress } from '../../../src/engine/archive/decompress.ts';
import { requireReadable, sniffCompression } from '../../../src/engine/archive/compression.ts';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { gzipSamples, sampleText } from '../../support/gzipSamples.ts';
import { Random } from '../../support/random.ts';

const text = sampleText(700_000);
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

describe('decompress', function () {
  this.timeout(30_000);

  it('unpacks every kind of gzip, in pieces of any size', async () => {
    for (const { name, data, packed } of await gzipSamples())
      for (const pieceSize of [packed.length, 65_537])
        assert.ok((await unpack(packed, 'gzip', pieceSize)).output.equals(data), name);
  });

  it('unpacks every zstd frame, small and large, skippable ones between', async () => {
    const small = Array.from({ length: 300 }, (_, at) => text.subarray(at * 100, at * 100 + 100));
    const frames = [
      skippable,
      zstdCompressSync(text),
      skippable,
      ...small.map((piece) => zstdCompressSync(piece)),
      zstdCompressSync(Buffer.alloc(0)),
      await streamedZstd(text),
      zstdCompressSync(Buffer.alloc(3_000_000)),
      skippable,
    ];
    const data = Buffer.concat([text, ...small, text, Buffer.alloc(3_000_000)]);
    for (const pieceSize of [1e9, 65_536, 1000, 7]) {
      const found = await unpack(Buffer.concat(frames), 'zstd', pieceSize);
      assert.ok(found.output.equals(data), `pieces of ${pieceSize}`);
    }
  });

  it('tells where frames begin, so that the stream can be entered there', async () => {
    const packed = Buffer.concat([skippable, zstdCompressSync('one'), skippable, zstdCompressSync('three')]);
    const starts: [number, number][] = [];
    await unpack(packed, 'zstd', 5, { onFrame: (input, output) => starts.push([input, output]) });
    assert.deepEqual(
      starts.map(([, output]) => output),
      [0, 3],
    );
    const [, second] = starts;
    assert.equal((await unpack(packed.subarray(second?.[0]), 'zstd')).output.toString(), 'three');
  });

  it('gives what a cut stream holds, then says that it is cut, at any place', async () => {
    const random = new Random(3);
    for (const [compression, packed] of [
      ['gzip', Buffer.concat([gzipSync(text.subarray(0, 300_000)), gzipSync(text.subarray(300_000))])],
      [
        'zstd',
        Buffer.concat([
          zstdCompressSync(text.subarray(0, 300_000)),
          await streamedZstd(text.subarray(300_000)),
        ]),
      ],
    ] as const)
      for (let round = 0; round < 60; round++) {
        const length = 20 + random.below(packed.length - 21);
        const { output, error } = await unpack(packed.subarray(0, length), compression, 4096);
        assert.ok(text.subarray(0, output.length).equals(output), compression);
        const isBetween = output.length === 300_000 && error === undefined;
        assert.ok(
          isBetween || isEngineError(error, 'truncated'),
          `${compression} cut at ${length}: ${String(error)}`,
        );
      }
  });

  it('finds damage by the checksums of gzip and zstd', async () => {
    const gzip = gzipSync(text);
    gzip[gzip.length - 6] = (gzip[gzip.length - 6] ?? 0) ^ 1;
    const zstd = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    zstd[zstd.length - 1] = (zstd[zstd.length - 1] ?? 0) ^ 1;
    assert.ok(isEngineError((await unpack(gzip, 'gzip')).error, 'damaged'));
    assert.ok(isEngineError((await unpack(zstd, 'zstd')).error, 'damaged'));
  });

  it('gives all, then reports what follows the end; zeros behind gzip are no harm', async () => {
    for (const [compression, packed] of [
      ['gzip', gzipSync(text)],
      ['zstd', zstdCompressSync(text)],
    ] as const) {
      const { output, error } = await unpack(Buffer.concat([packed, Buffer.from('garbage')]), compression);
      assert.ok(output.length > text.length - 262_144 && isEngineError(error, 'damaged'), compression);
      assert.equal(error.detail, 'data follows the end of the compressed data');
    }
    assert.equal((await unpack(Buffer.concat([gzipSync(text), Buffer.alloc(600)]), 'gzip')).error, undefined);
  });

  it('stops a bomb at the limits, and holds no more than a piece of it', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(200_000_000));
    const limits = { maxBytes: 2 ** 40, freeBytes: 2 ** 20, maxRatio: 200 };
    const { size, error, largest } = await unpack(bomb, 'zstd', 1e9, { limits });
    assert.ok(isEngineError(error, 'limit-exceeded'));
    assert.ok(size <= Math.max(2 ** 20, bomb.length * 200) && largest <= 2 ** 20);
    const within = { maxBytes: 2 ** 40, freeBytes: 2 ** 40, maxRatio: 1 };
    assert.equal((await unpack(bomb, 'zstd', 1e9, { limits: within })).size, 200_000_000);
  });

  it('refuses a zstd window above 128 MiB', async () => {
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 28 } });
    const pieces: Buffer[] = [];
    compress.on('data', (bytes: Buffer) => pieces.push(bytes));
    compress.write(Buffer.alloc(2_000_000));
    compress.end();
    await once(compress, 'end');
    assert.ok(isEngineError((await unpack(Buffer.concat(pieces), 'zstd')).error, 'limit-exceeded'));
  });

  it('tells compressions by their bytes, and names those it does not read', () => {
    assert.equal(sniffCompression(gzipSync('x')), 'gzip');
    assert.equal(sniffCompression(zstdCompressSync('x')), 'zstd');
    assert.equal(sniffCompression(skippable), 'zstd');
    assert.equal(sniffCompression(Buffer.from('BZh91AY&SY')), 'bzip2');
    assert.equal(sniffCompression(Buffer.from('fd377a585a0000', 'hex')), 'xz');
    assert.equal(sniffCompression(Buffer.alloc(0)), 'empty');
    assert.equal(sniffCompression(Buffer.from('etc/')), 'tar');
    assert.throws(
      () => requireReadable('xz', 'layer'),
      (error) => isEngineError(error, 'unsupported') && error.detail.includes('xz'),
    );
  });
});

interface Unpacked {
  readonly output: Buffer;
  readonly size: number;
  readonly largest: number;
  readonly error: unknown;
}

async function unpack(
  packed: Buffer,
  compression: 'gzip' | 'zstd',
  pieceSize = packed.length,
  options: Partial<DecompressOptions> = {},
): Promise<Unpacked> {
  const pieces: Buffer[] = [];
  let size = 0;
  let largest = 0;
  let error: unknown;
  try {
    for await (const bytes of decompress(inPieces(packed, pieceSize), compression, {
      subject: 'test',
      ...options,
    })) {
      if (size < 50_000_000) pieces.push(bytes);
      size += bytes.length;
      largest = Math.max(largest, bytes.length);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { output: Buffer.concat(pieces), size, largest, error };
}

/** Pieces in one buffer that is used again, as a reader of files does. */
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(Math.min(size, bytes.length));
  for (let at = 0; at < bytes.length; at += size) {
    const length = bytes.copy(buffer, 0, at, at + size);
    yield buffer.subarray(0, length);
    await Promise.resolve();
    buffer.fill(0xee);
  }
}

/** A frame whose header does not say how long its content is. */
async function streamedZstd(data: Buffer): Promise<Buffer> {
  const compress = createZstdCompress();
  const pieces: Buffer[] = [];
  compress.on('data', (bytes: Buffer) => pieces.push(bytes));
  compress.write(data);
  compress.end();
  await once(compress, 'end');
  return Buffer.concat(pieces);
}
