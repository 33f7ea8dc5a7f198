import assert from 'node:assert/strict';
import type { SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { asUnderstood } from '../../../../src/engine/builders/seen/understood.ts';

const key = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;
const build = (kind: SeenBuild['kind'], imageId: string, letters: string): SeenBuild => ({
  kind,
  imageId,
  records: Array.from(letters, (letter) => ({ key: key(letter), inputs: [], certainty: 'exact' })),
  steps: Array.from(letters, (letter, record) => ({
    stage: '',
    text: letter,
    record,
    layer: { position: record },
  })),
});

describe('Builds held against what the builder wrote', () => {
  it('are exact where it has all keys, and of other images it says nothing', () => {
    const own = [build('lamina', 'one', 'ab')];
    for (const inline of [[], [build('inline-cache', 'one', 'abc')], [build('inline-cache', 'two', 'x')]])
      assert.deepEqual(asUnderstood(own, inline), { builds: own, isUnderstood: true });
  });

  it('are no more than concluded where a key is none of its', () => {
    const own = [build('lamina', 'one', 'ab'), build('lamina', 'two', 'c')];
    const { builds, isUnderstood } = asUnderstood(own, [build('inline-cache', 'one', 'ax')]);
    assert.equal(isUnderstood, false);
    assert.ok(builds.every(({ records }) => records.every(({ certainty }) => certainty === 'inferred')));
  });
});
