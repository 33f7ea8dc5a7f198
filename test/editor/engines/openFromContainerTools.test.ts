import assert from 'node:assert/strict';
import { namesOf } from '../../../src/editor/engines/openFromContainerTools.ts';

describe('an image node of Container Tools', () => {
  it('gives its ID and its name', () => {
    assert.deepEqual(namesOf({ imageId: 'sha256:1', fullTag: 'nginx:1' }), ['sha256:1', 'nginx:1']);
    assert.deepEqual(namesOf({ fullTag: 'nginx:1' }), ['nginx:1']);
    assert.deepEqual(namesOf({ imageId: 'sha256:1', fullTag: '<none>:<none>' }), ['sha256:1']);
  });

  it('may be anything', () => {
    for (const argument of [undefined, null, 1, 'nginx', [], {}, { imageId: 7, fullTag: {} }])
      assert.deepEqual(namesOf(argument), []);
  });
});
