import assert from 'node:assert/strict';
import { LayerTransfers } from '../../../src/editor/engines/engineTransfer.ts';

describe('what an engine tells of a pull', () => {
  it('is one line about all layers', () => {
    const layers = new LayerTransfers();
    layers.take({ id: 'latest', status: 'Pulling from library/nginx' });
    assert.equal(layers.text, '');
    layers.take({ id: 'a', status: 'Already exists' });
    layers.take({ id: 'b', status: 'Downloading', current: 1_000_000, total: 4_000_000 });
    layers.take({ id: 'c', status: 'Downloading', current: 500_000, total: 2_000_000 });
    assert.equal(layers.text, '1 of 3 layers \u00b7 Downloading \u00b7 1.5 MB of 6 MB');
    layers.take({ id: 'b', status: 'Pull complete' });
    layers.take({ id: 'c', status: 'Pull complete' });
    assert.equal(layers.text, '3 of 3 layers');
  });

  it('shows no hostile text', () => {
    const layers = new LayerTransfers();
    layers.take({ status: 'a\u202e\u001b[31m\nb' });
    assert.doesNotMatch(layers.text, /[\p{Cc}\p{Cf}]/u);
  });
});
