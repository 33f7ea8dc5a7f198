import type { LayerRow } from './engineContract.ts';
import type { Problem } from './base/problem.ts';
import { LayerChanges } from './compare/layerChanges.ts';
import type { LayerIndex, LayerSummary } from './layers/layerIndex.ts';
import type { ChangeKind } from './rootfs/rootfs.ts';
import { createUnionView } from './rootfs/unionView.ts';
import type { Image, Layer } from './sources/image.ts';
import { storedSizeOf } from './sources/layerBlobs.ts';

/** One row per layer, lowest first. @throws EngineError `cancelled`. */
export async function layerRowsOf(
  image: Image,
  stack: readonly LayerIndex[],
  signal?: AbortSignal,
): Promise<readonly LayerRow[]> {
  const view = createUnionView(stack);
  const problems = view.problems();
  const rows: LayerRow[] = [];
  for (const layer of image.layers) {
    const summary = stack[layer.position]?.summary;
    const changes = await new LayerChanges(view.below(layer.position + 1)).count(signal);
    if (summary !== undefined) rows.push(rowOf(layer, summary, changes, problems));
  }
  return rows;
}

function rowOf(
  { position, blob, diffId, chainId, history }: Layer,
  summary: LayerSummary,
  changes: Readonly<Record<ChangeKind, number>>,
  problems: readonly Problem[],
): LayerRow {
  return {
    index: position,
    diffId,
    chainId,
    digest: blob.descriptor?.digest,
    mediaType: blob.descriptor?.mediaType,
    compressedSize: storedSizeOf(blob),
    size: summary.size,
    contentSize: summary.contentSize,
    createdBy: history?.createdBy,
    created: history?.created,
    entries: summary.entryCount,
    ...changes,
    problems: problems.filter(({ layer }) => layer === position),
  };
}
