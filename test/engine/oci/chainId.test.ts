import assert from 'node:assert/strict';
import { chainIdsOf } from '../../../src/engine/oci/chainId.ts';
import { digestOf, parseDiffId } from '../../../src/engine/oci/digest.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => parseDiffId(`sha256:${digit.repeat(64)}`));

describe('chainIdsOf', () => {
  it('names each stack by the one below and its layer', () => {
    const ab = digestOf(Buffer.from(`${a} ${b}`));
    assert.deepEqual(chainIdsOf([a, b, c]), [a, ab, digestOf(Buffer.from(`${ab} ${c}`))]);
    assert.deepEqual(chainIdsOf([]), []);
  });

  it('names no stack above a layer without a diffID', () => {
    assert.deepEqual(chainIdsOf([a, undefined, c]), [a, undefined, undefined]);
    assert.deepEqual(chainIdsOf([undefined, b]), [undefined, undefined]);
  });
});
