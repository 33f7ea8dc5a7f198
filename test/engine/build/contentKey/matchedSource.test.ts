import assert from 'node:assert/strict';
import type { LayerPath } from '../../../../src/engine/base/layerPath.ts';
import { matchedSource } from '../../../../src/engine/build/contentKey/matchedSource.ts';

const top = '/src' as LayerPath;

describe('A source with filters', () => {
  it('wants everything when there are none', () => {
    const { isWanted } = matchedSource(top);
    assert.deepEqual(['', 'a', 'a/b'].map(isWanted), [true, true, true]);
  });

  it('leaves out what is excluded, with all that is in it, and never itself', () => {
    const { isWanted } = matchedSource(top, { exclude: ['**', '!keep'] });
    assert.deepEqual(['', 'a', 'a/b', 'keep', 'keep/x'].map(isWanted), [true, false, false, true, true]);
  });

  it('wants only what is included', () => {
    const { isWanted } = matchedSource(top, { include: ['a/*.txt'], exclude: ['a/b.txt'] });
    assert.deepEqual(['', 'a', 'a/a.txt', 'a/b.txt', 'x'].map(isWanted), [false, false, true, false, false]);
  });

  it('keeps what it was made of', () => {
    const filter = { exclude: ['*.log'] };
    assert.deepEqual(matchedSource(top, filter).filter, filter);
  });

  it('is none when builders refuse a pattern', () => {
    assert.throws(() => matchedSource(top, { exclude: ['['] }), { code: 'invalid-path' });
  });
});
