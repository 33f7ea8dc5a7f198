import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sampleArchive, sampleImages, samplePath } from '../support/makeSample.ts';

describe('media/sample', () => {
  it('is what its script makes, byte for byte, and small', () => {
    const committed = readFileSync(samplePath);
    assert.ok(sampleArchive().equals(committed), 'run `npm run sample`');
    assert.ok(committed.length <= 400_000);
  });

  it('holds the lesson: shared layers below, other layers for another order', () => {
    const [hello, config, preConfig] = sampleImages().map(({ layers }) => layers.map(({ diffId }) => diffId));
    assert.deepEqual(config?.slice(0, 7), hello);
    assert.deepEqual(preConfig?.slice(0, 6), hello?.slice(0, 6));
    assert.deepEqual(preConfig?.slice(6), [config?.[7], config?.[6]]);
  });
});
