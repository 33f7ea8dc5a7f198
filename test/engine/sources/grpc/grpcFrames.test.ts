import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { readFrames, toFrame } from '../../../../src/engine/sources/grpc/grpcFrames.ts';

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size)
    yield await Promise.resolve(bytes.subarray(start, start + size));
}

async function read(chunks: AsyncIterable<Uint8Array>, limit = 100): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const frame of readFrames(chunks, limit, 'the answer'))
    texts.push(Buffer.from(frame).toString());
  return texts;
}

describe('the frames of a gRPC answer', () => {
  const texts = ['one', '', 'a longer one', 'x'];
  const bytes = Buffer.concat(texts.map((text) => toFrame(Buffer.from(text))));

  for (const size of [1, 2, 3, 5, 7, 100])
    it(`come whole however the bytes are cut: pieces of ${size}`, async () => {
      assert.deepEqual(await read(cut(bytes, size)), texts);
    });

  it('may be none', async () => {
    assert.deepEqual(await read(cut(new Uint8Array(), 1)), []);
  });

  for (const [what, hex, code] of [
    ['longer than allowed, as soon as they say so', '00000000c8', 'limit-exceeded'],
    ['that end within a message', '000000000501', 'truncated'],
    ['that end within a header', '0000', 'truncated'],
    ['that are packed', '0100000000', 'unsupported'],
  ] as const)
    it(`are refused ${what}`, async () => {
      await assert.rejects(read(cut(Buffer.from(hex, 'hex'), 100)), (error) => isEngineError(error, code));
    });
});
