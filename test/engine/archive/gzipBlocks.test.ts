import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { gzipBlock, gzipBlocks, inBlocks } from '../../../src/engine/archive/gzipBlocks.ts';
import { sampleText } from '../../support/gzipSamples.ts';
import { Random } from '../../support/random.ts';

describe('Packing with gzip block by block', () => {
  const text = sampleText(5 * gzipBlock + 17);
  const random = new Random(7);
  const noise = Buffer.from(Array.from({ length: 2 * gzipBlock + 5 }, () => random.below(256)));

  for (const [name, data] of [
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['a block but for a byte', text.subarray(0, gzipBlock - 1)],
    ['a block', text.subarray(0, gzipBlock)],
    ['a block and a byte', text.subarray(0, gzipBlock + 1)],
    ['many blocks', text],
    ['noise', noise],
    ['text, noise and zeros', Buffer.concat([text, noise, Buffer.alloc(3 * gzipBlock)])],
  ] as const)
    it(`gives back ${name}`, async () => {
      const packed = await pack(data, 1000);
      assert.ok(gunzipSync(packed).equals(data));
    });

  it('gives the same bytes however they come', async () => {
    const digests = new Set<string>();
    for (const length of [100, 65_536, gzipBlock, text.length])
      digests.add(
        createHash('sha256')
          .update(await pack(text, length))
          .digest('hex'),
      );
    assert.equal(digests.size, 1);
  });

  it('packs nearly as well as all at once, and adds next to nothing to what is packed already', async () => {
    assert.ok((await pack(text, 65_536)).length < 1.06 * gzipSync(text).length);
    assert.ok((await pack(noise, 65_536)).length < 1.001 * noise.length);
  });

  it('fails as what it packs fails', async () => {
    const broken = (async function* () {
      yield await Promise.resolve(text);
      throw new Error('no more');
    })();
    await assert.rejects(collect(gzipBlocks(inBlocks(broken))), /no more/);
  });
});

function pack(data: Buffer, length: number): Promise<Buffer> {
  return collect(gzipBlocks(inBlocks(piecesOf(data, length))));
}

async function* piecesOf(data: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += length)
    yield await Promise.resolve(data.subarray(at, at + length));
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
