import assert from 'node:assert/strict';
import { ByteTexts } from '../../../src/engine/layers/byteTexts.ts';
import { sortNames } from '../../../src/engine/layers/sortNames.ts';
import { Random } from '../../support/random.ts';

describe('sortNames', () => {
  it('sorts by bytes, a prefix first', () => {
    assert.deepEqual(sorted(['b', 'ab', 'a', '', '\xff', 'a.b', 'a/b', 'B']), [
      '',
      'B',
      'a',
      'a.b',
      'a/b',
      'ab',
      'b',
      '\xff',
    ]);
  });

  it('tells names apart that differ only in NULs at the end', () => {
    const names = ['a\0\0\0\0b', 'a\0\0\0\0\0', 'a\0', 'a', 'a\0\0', '\0', ''];
    assert.deepEqual(sorted(names), ['', '\0', 'a', 'a\0', 'a\0\0', 'a\0\0\0\0\0', 'a\0\0\0\0b']);
  });

  it('sorts none and one', () => {
    assert.deepEqual(sorted([]), []);
    assert.deepEqual(sorted(['x']), ['x']);
  });

  it('sorts random names as strings of bytes sort', () => {
    const random = new Random(3);
    for (let round = 0; round < 300; round++) {
      const letters = random.pick(['ab', 'a\0', '\x00\x7f\x80\xff', 'abcdefgh']);
      const names = new Set(
        Array.from({ length: random.below(60) }, () =>
          Array.from({ length: random.below(14) }, () => letters[random.below(letters.length)]).join(''),
        ),
      );
      assert.deepEqual(sorted([...names]), [...names].sort());
    }
  });
});

function sorted(names: readonly string[]): readonly string[] {
  const texts = new ByteTexts();
  for (const name of names) texts.add(name);
  return Array.from(sortNames(texts.columns), (id) => texts.text(id));
}
