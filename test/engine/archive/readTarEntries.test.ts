import assert from 'node:assert/strict';
import { readTarEntries } from '../../../src/engine/archive/readTarEntries.ts';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { encodeTar } from '../../support/tarBytes.ts';

const long = `${'long/'.repeat(40)}name`;
const tar = encodeTar([
  { name: 'd/', type: 'dir' },
  { name: 'd/a', content: 'a'.repeat(1300) },
  { name: long, content: 'long', pax: { path: long } },
  { name: 'empty', content: '' },
  { name: 'link', type: 'symlink', link: 'd/a' },
  { name: 'last', content: 'z'.repeat(512) },
]);

/** The bytes in pieces, and how many of them were taken. */
function inPieces(bytes: Buffer, size: number): AsyncIterable<Uint8Array> & { taken: number } {
  const stream = {
    taken: 0,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.length; at += size) {
        await Promise.resolve();
        stream.taken = Math.min(bytes.length, at + size);
        yield bytes.subarray(at, at + size);
      }
    },
  };
  return stream;
}

describe('readTarEntries', () => {
  const expected = [
    ['d/', ''],
    ['d/a', 'a'.repeat(1300)],
    [long, 'long'],
    ['empty', ''],
    ['link', ''],
    ['last', 'z'.repeat(512)],
  ];
  for (const size of [1, 7, 512, 513, 4096, 1 << 20])
    it(`gives entries with their content from pieces of ${size} bytes`, async () => {
      const found: [string, string][] = [];
      const stream = inPieces(tar, size);
      for await (const { header, content } of readTarEntries(stream, 'tar')) {
        const pieces: Uint8Array[] = [];
        for await (const piece of content) pieces.push(piece);
        found.push([header.name, Buffer.concat(pieces).toString()]);
      }
      assert.deepEqual(found, expected);
      assert.equal(stream.taken, tar.length, 'to its very end');
    });

  it('passes over what was not taken', async () => {
    const names: string[] = [];
    for await (const { header, content } of readTarEntries(inPieces(tar, 100), 'tar')) {
      names.push(header.name);
      if (header.name === 'd/a') for await (const piece of content) if (piece.length > 0) break;
    }
    assert.deepEqual(
      names,
      expected.map(([name]) => name),
    );
  });

  it('says that a tar is cut short, damaged, or none', async () => {
    const drain = async (bytes: Buffer): Promise<void> => {
      for await (const { content } of readTarEntries(inPieces(bytes, 300), 'tar'))
        for await (const piece of content) assert.ok(piece.length > 0);
    };
    const damaged = Buffer.from(tar);
    damaged.fill(0x78, 512, 700);
    await assert.rejects(drain(tar.subarray(0, 1600)), (error) => isEngineError(error, 'damaged'));
    await assert.rejects(drain(damaged), (error) => isEngineError(error, 'damaged'));
    await assert.rejects(drain(Buffer.from('no tar'.repeat(200))), (error) =>
      isEngineError(error, 'invalid-archive'),
    );
    await drain(Buffer.alloc(10_240));
  });
});
