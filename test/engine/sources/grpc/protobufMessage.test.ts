import assert from 'node:assert/strict';
import { encodeProtobuf } from '../../../../src/engine/sources/grpc/encodeProtobuf.ts';
import { ProtobufMessage } from '../../../../src/engine/sources/grpc/protobufMessage.ts';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { instant, message } from '../../../support/fakeBuildkit.ts';

const parse = (bytes: Uint8Array): ProtobufMessage => ProtobufMessage.parse(bytes, 'a message');

describe('a message of Protocol Buffers', () => {
  it('gives its fields by number', () => {
    const read = parse(message([1, 'one'], [1, 'two'], [3, 300], [4, true], [5, message([1, 'inner'])]));
    assert.equal(read.text(1), 'two');
    assert.deepEqual(read.texts(1), ['one', 'two']);
    assert.equal(read.integer(3), 300);
    assert.equal(read.isTrue(4), true);
    assert.equal(read.message(5)?.text(1), 'inner');
  });

  it('tells empty values of fields that are not there, or of another kind', () => {
    const read = parse(message([1, 7], [2, 'text']));
    assert.deepEqual(
      [read.text(9), read.integer(9), read.isTrue(9), read.message(9)],
      ['', 0, false, undefined],
    );
    assert.deepEqual([read.text(1), read.integer(2)], ['', 0]);
  });

  it('reads numbers of any size, negative ones and those of fixed length', () => {
    // Field 1, -1 as a varint; field 2, 2 ** 40; field 3, fixed64 5; field 4, fixed32 6.
    const bytes = Buffer.from('08ffffffffffffffffff0110808080808020190500000000000000250600000' + '0', 'hex');
    const read = parse(bytes);
    assert.deepEqual(
      [1, 2, 3, 4].map((number) => read.integer(number)),
      [-1, 2 ** 40, 5, 6],
    );
  });

  it('reads maps and instants', () => {
    const entry = message([1, 'key'], [2, 'value']);
    const read = parse(message([1, entry], [2, instant(1_796_028_161_114.5)]));
    assert.deepEqual([...read.textMap(1)], [['key', 'value']]);
    assert.equal(read.instant(2), 1_796_028_161_114.5);
    assert.equal(read.instant(3), undefined);
  });

  it('writes what it reads', () => {
    const bytes = encodeProtobuf({
      1: 'ü',
      2: 2 ** 40 + 1,
      3: undefined,
      4: '',
      5: 0,
      16: Buffer.from([0xff]),
    });
    const read = parse(bytes);
    assert.deepEqual([read.text(1), read.integer(2), [...read.bytes(16)]], ['ü', 2 ** 40 + 1, [0xff]]);
    assert.equal(bytes.length, 4 + 8 - 1 + 4);
  });

  for (const [what, hex] of [
    ['a length beyond the end', '0aff01'],
    ['a length of four gigabytes', '0affffffff0f'],
    ['a number without an end', '08ffffffffffffffffffffff'],
    ['a cut number', '0880'],
    ['a group', '0b'],
    ['a cut fixed number', '2501'],
  ] as const)
    it(`refuses ${what}`, () => {
      assert.throws(
        () => parse(Buffer.from(hex, 'hex')),
        (error) => isEngineError(error, 'damaged'),
      );
    });
});
