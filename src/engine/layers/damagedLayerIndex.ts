import type { Problem } from '../base/problem.ts';
import type { LayerIndex } from './layerIndex.ts';
import { LayerIndexBuilder } from './layerIndexBuilder.ts';

/** The index of a layer of which nothing could be read: empty, incomplete, with the reasons. */
export function damagedLayerIndex(problems: readonly Problem[]): LayerIndex {
  return new LayerIndexBuilder().finish({
    isComplete: false,
    hasContentHashes: false,
    tarSize: 0,
    problems,
  });
}
