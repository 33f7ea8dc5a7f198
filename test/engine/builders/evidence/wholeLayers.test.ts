import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { wholeLayers } from '../../../../src/engine/builders/evidence/wholeLayers.ts';
import type { LayerRooms } from '../../../../src/engine/builders/imageEvidence/layerFiles.ts';
import { damagedLayerIndex } from '../../../../src/engine/layers/damagedLayerIndex.ts';
import { createUnionView } from '../../../../src/engine/rootfs/unionView.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { imageOf } from '../imageEvidence/seenImage.ts';

/** Rooms as the engine's are: what a layer lacks is nothing there. */
function roomsWithout(layer: number): LayerRooms {
  const gone = damagedLayerIndex([{ code: 'blob-missing', subject: 'sha256:gone' }]);
  const never = (): never => {
    throw new Error('not asked');
  };
  return {
    rootfs: (_, upTo) => Promise.resolve(createUnionView(upTo < layer ? [] : [gone])),
    allChanges: () => Promise.resolve([]),
    hashFile: never,
    readFile: never,
  };
}

describe('Layers that something is concluded from', () => {
  const image = imageOf(buildImage([{ a: '' }, { b: '' }]));
  const isDamage = (error: unknown): boolean =>
    isEngineError(error, 'damaged') && error.subject === 'sha256:gone';

  it('are no empty ones where one is missing', async () => {
    const rooms = wholeLayers(roomsWithout(1));
    await rooms.rootfs(image, 0);
    await assert.rejects(rooms.rootfs(image, 1), isDamage);
    await assert.rejects(rooms.allChanges(image, 1), isDamage);
    assert.deepEqual(await rooms.allChanges(image, 0), []);
  });
});
