import assert from 'node:assert/strict';
import { Environment } from '../../../../src/engine/build/plan/environment.ts';
import { PastState } from '../../../../src/engine/builders/imageEvidence/pastState.ts';
import type { Image } from '../../../../src/engine/sources/image.ts';

describe('What acted on the steps of an image', () => {
  it('has an argument where ARG stands, whatever line tells its value', () => {
    const past = new PastState(Environment.empty, [], {} as Image, [], true);
    past.pass({ text: 'ARG A', keyword: 'ARG', layer: undefined });
    past.pass({ text: 'ENV E=2', keyword: 'ENV', layer: undefined });
    assert.deepEqual([past.env, [...past.openArguments]], [['E=2'], ['A']]);
    past.learn('|1 A=1');
    assert.deepEqual([past.env, [...past.openArguments]], [['A=1', 'E=2'], []]);
  });
});
