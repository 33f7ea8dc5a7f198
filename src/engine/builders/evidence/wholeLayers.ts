import { EngineError } from '../../base/errors.ts';
import type { LayerRooms } from '../imageEvidence/layerFiles.ts';

/**
 * The same rooms, for whoever concludes something from what a layer has not: a layer that is missing or damaged, which others
 * are shown as far as it could be read, is an error here.
 */
export function wholeLayers(rooms: LayerRooms): LayerRooms {
  const rootfs: LayerRooms['rootfs'] = async (image, upTo, options) => {
    const view = await rooms.rootfs(image, upTo, options);
    const position = view.layers.findIndex(({ isComplete }) => !isComplete);
    if (position < 0) return view;
    const [problem] = view.layers[position]?.problems ?? [];
    const subject = problem?.subject ?? `layer ${position}`;
    throw new EngineError(
      'damaged',
      subject,
      `not all of it could be read: ${problem?.code ?? 'it ended early'}`,
    );
  };
  return {
    rootfs,
    allChanges: async (image, layer, options) => {
      await rootfs(image, layer, options);
      return rooms.allChanges(image, layer, options);
    },
    hashFile: (...which) => rooms.hashFile(...which),
    readFile: (...which) => rooms.readFile(...which),
  };
}
