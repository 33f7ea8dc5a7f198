import type { BlobLocation } from '../archive/blobLocation.ts';
import type { CallOptions } from '../base/progress.ts';
import { encodeCheckpoints } from './checkpoints.ts';
import { LayerIndexBuilder } from './layerIndexBuilder.ts';
import { readLayer } from './readLayer.ts';
import { writeLayerIndex } from './writeLayerIndex.ts';

/**
 * Reads a layer's blob in one pass and writes its index, checkpoints included, to `destination` by rename. A damaged
 * blob gives the index of what could be read.
 *
 * Synchronous work in slices of some 50 ms: for a process of its own, or for small layers.
 *
 * @throws EngineError `unsupported`, `cancelled`, and failures of the disk; nothing is written then.
 */
export async function indexLayer(
  blob: BlobLocation,
  destination: string,
  options: CallOptions = {},
): Promise<void> {
  const builder = new LayerIndexBuilder();
  const { packing, checkpoints, ...facts } = await readLayer(blob, builder, options);
  const index = builder.finish({ ...facts, tarSize: packing.tarSize });
  await writeLayerIndex(destination, index, encodeCheckpoints(packing, checkpoints));
}
