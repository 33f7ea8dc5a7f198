import assert from 'node:assert/strict';
import { type AlignableStep, alignSteps } from '../../../../src/engine/build/cache/alignSteps.ts';
import { Random } from '../../../support/random.ts';

/** `R1`: a RUN with the key 1. */
const steps = (text: string): readonly AlignableStep[] =>
  text.split(' ').map((word) => ({ key: word, kind: word.slice(0, 1) }));

const aligned = (before: string, now: string): readonly (number | undefined)[] =>
  alignSteps(steps(before), steps(now));

describe('Steps of two builds', () => {
  it('are paired where they are equal', () => {
    assert.deepEqual(aligned('F R1 C1 R2', 'F R1 C1 R2'), [0, 1, 2, 3]);
    assert.deepEqual(aligned('F R1 C1 R2', 'F C1 R2'), [0, 2, 3]);
    assert.deepEqual(aligned('F C1 R2', 'F R1 C1 R2'), [0, undefined, 1, 2]);
  });

  it('are paired with the next of their kind where they are not', () => {
    assert.deepEqual(aligned('F R1 C1 R2', 'F R9 C1 R8'), [0, 1, 2, 3]);
    assert.deepEqual(aligned('F R1 C1 C2', 'F C9 C8'), [0, 2, 3]);
  });

  it('are paired once, and in order, whatever they are', () => {
    const random = new Random(7);
    for (let round = 0; round < 300; round++) {
      const list = (): string =>
        Array.from(
          { length: random.below(12) + 1 },
          () => `${random.pick('RC'.split(''))}${random.below(3)}`,
        ).join(' ');
      const [before, now] = [list(), list()];
      const pairs = aligned(before, now).filter((at) => at !== undefined);
      assert.deepEqual(
        pairs,
        [...new Set(pairs)].sort((a, b) => a - b),
        `${before} / ${now}`,
      );
      assert.ok(pairs.every((at) => at < before.split(' ').length));
    }
  });
});
